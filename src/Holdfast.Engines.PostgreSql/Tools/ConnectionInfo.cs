using System.Globalization;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>How PostgreSQL's programs are told where to connect: libpq's connection string, in which a database may have any name. Never a password.</summary>
internal static class ConnectionInfo
{
    // Of Debian and Red Hat.
    private static readonly string[] SystemCertificates = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

    /// <summary>Makes one.</summary>
    /// <param name="config">The source.</param>
    /// <param name="host">The server.</param>
    /// <param name="database">The database.</param>
    /// <param name="options">Settings of the session, as for <c>postgres -c</c>.</param>
    public static string For(PostgreSqlSourceConfig config, PostgreSqlHost host, string database, string? options = null)
    {
        var parts = new List<string>
        {
            Part("dbname", database),
            Part("host", host.Name),
            Part("port", host.Port.ToString(CultureInfo.InvariantCulture)),
            Part("user", config.User),
            Part("sslmode", Tls(config.Tls)),
            Part("connect_timeout", Math.Ceiling(config.ConnectTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
            Part("gssencmode", "disable"),
            Part("application_name", "holdfast"),
        };
        if (RootCertificate(config) is { } root) parts.Add(Part("sslrootcert", root));
        if (options is not null) parts.Add(Part("options", options));
        return string.Join(' ', parts);
    }

    // Left to itself libpq looks in the home of its user alone, before version 16; Holdfast's own connections trust what the system trusts.
    private static string? RootCertificate(PostgreSqlSourceConfig config) =>
        config.RootCertificate ?? (config.Tls is PostgreSqlTls.VerifyCa or PostgreSqlTls.VerifyFull ? Array.Find(SystemCertificates, File.Exists) : null);

    private static string Part(string name, string value) =>
        $"{name}='{value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal)}'";

    private static string Tls(PostgreSqlTls tls) => tls switch
    {
        PostgreSqlTls.Disable => "disable",
        PostgreSqlTls.Prefer => "prefer",
        PostgreSqlTls.Require => "require",
        PostgreSqlTls.VerifyCa => "verify-ca",
        PostgreSqlTls.VerifyFull => "verify-full",
        _ => throw new ArgumentOutOfRangeException(nameof(tls), tls, null),
    };
}
