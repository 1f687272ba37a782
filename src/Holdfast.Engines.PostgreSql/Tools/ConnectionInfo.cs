using System.Globalization;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Builds the connection string for PostgreSQL's programs: libpq's format, in which a database may have any name. It
/// never contains a password.
/// </summary>
internal static class ConnectionInfo
{
    private const string NonexistentPath = "/dev/null/none"; // libpq ignores a certificate that does not exist

    // On Debian and Red Hat.
    private static readonly string[] SystemCertificates = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

    /// <summary>Builds the connection string.</summary>
    /// <param name="config">The source.</param>
    /// <param name="host">The server.</param>
    /// <param name="database">The database.</param>
    /// <param name="application">The application_name of the sessions.</param>
    /// <param name="options">Settings of the session, as for <c>postgres -c</c>.</param>
    public static string Build(
        PostgreSqlSourceConfig config,
        PostgreSqlHost host,
        string database,
        string application,
        string? options = null
    )
    {
        var parts = new List<string>
        {
            Format("dbname", database),
            Format("host", host.Name),
            Format("port", host.Port.ToString(CultureInfo.InvariantCulture)),
            Format("user", config.User),
            Format("sslmode", Tls(config.Tls)),
            Format("connect_timeout", Seconds(config.ConnectTimeout)),
            Format("gssencmode", "disable"),
            Format("application_name", application),
            Format("keepalives", "1"),
            Format("keepalives_idle", Seconds(config.KeepAlive)),
            Format("keepalives_interval", "10"),
            Format("keepalives_count", "6"),
            Format("tcp_user_timeout", config.StallTimeout.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)),
        };
        if (RootCertificate(config) is { } root)
        {
            parts.Add(Format("sslrootcert", root));
        }
        if (!config.UsesEnvironment)
        {
            parts.AddRange([Format("sslcert", NonexistentPath), Format("sslkey", NonexistentPath)]);
        }
        if (options is not null)
        {
            parts.Add(Format("options", options));
        }
        return string.Join(' ', parts);
    }

    // Before version 16, libpq by default looks only in the user's home directory; Holdfast's own connections trust the
    // system's certificates.
    private static string? RootCertificate(PostgreSqlSourceConfig config) =>
        config.RootCertificate
        ?? (config.Tls is PostgreSqlTls.VerifyCa or PostgreSqlTls.VerifyFull ? Array.Find(SystemCertificates, File.Exists) : null);

    private static string Format(string name, string value) =>
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
