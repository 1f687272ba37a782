using System.Globalization;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// How PostgreSQL's programs are told where to connect: libpq's connection string, in which a database may have any
/// name. Never a password.
/// </summary>
internal static class ConnectionInfo
{
    private const string Nowhere = "/dev/null/none"; // a certificate that is not there is none

    // Of Debian and Red Hat.
    private static readonly string[] SystemCertificates = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

    /// <summary>Makes one.</summary>
    /// <param name="config">The source.</param>
    /// <param name="host">The server.</param>
    /// <param name="database">The database.</param>
    /// <param name="application">By which name the server knows the sessions.</param>
    /// <param name="options">Settings of the session, as for <c>postgres -c</c>.</param>
    public static string For(
        PostgreSqlSourceConfig config,
        PostgreSqlHost host,
        string database,
        string application,
        string? options = null
    )
    {
        var parts = new List<string>
        {
            Part("dbname", database),
            Part("host", host.Name),
            Part("port", host.Port.ToString(CultureInfo.InvariantCulture)),
            Part("user", config.User),
            Part("sslmode", Tls(config.Tls)),
            Part("connect_timeout", Seconds(config.ConnectTimeout)),
            Part("gssencmode", "disable"),
            Part("application_name", application),
            Part("keepalives", "1"),
            Part("keepalives_idle", Seconds(config.KeepAlive)),
            Part("keepalives_interval", "10"),
            Part("keepalives_count", "6"),
            Part("tcp_user_timeout", config.StallTimeout.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)),
        };
        if (RootCertificate(config) is { } root)
        {
            parts.Add(Part("sslrootcert", root));
        }
        if (!config.UsesEnvironment)
        {
            parts.AddRange([Part("sslcert", Nowhere), Part("sslkey", Nowhere)]);
        }
        if (options is not null)
        {
            parts.Add(Part("options", options));
        }
        return string.Join(' ', parts);
    }

    // Left to itself libpq looks in the home of its user alone, before version 16; Holdfast's own connections trust what the system trusts.
    private static string? RootCertificate(PostgreSqlSourceConfig config) =>
        config.RootCertificate
        ?? (config.Tls is PostgreSqlTls.VerifyCa or PostgreSqlTls.VerifyFull ? Array.Find(SystemCertificates, File.Exists) : null);

    private static string Part(string name, string value) =>
        $"{name}='{value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal)}'";

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static string Tls(PostgreSqlTls tls) =>
        tls switch
        {
            PostgreSqlTls.Disable => "disable",
            PostgreSqlTls.Prefer => "prefer",
            PostgreSqlTls.Require => "require",
            PostgreSqlTls.VerifyCa => "verify-ca",
            PostgreSqlTls.VerifyFull => "verify-full",
            _ => throw new ArgumentOutOfRangeException(nameof(tls), tls, null),
        };
}
