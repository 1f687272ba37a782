using System.Globalization;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>How PostgreSQL's programs are told where to connect: libpq's connection string, in which a database may have any name. Never a password.</summary>
internal static class ConnectionInfo
{
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
        if (config.RootCertificate is not null) parts.Add(Part("sslrootcert", config.RootCertificate));
        if (options is not null) parts.Add(Part("options", options));
        return string.Join(' ', parts);
    }

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
