namespace Holdfast.Engines.PostgreSql;

/// <summary>Protection of connections; the names are those of libpq's <c>sslmode</c>.</summary>
public enum PostgreSqlTls
{
    /// <summary>
    /// Encrypted if the server supports it. Nothing is verified: this protects against eavesdropping, not against a man
    /// in the middle.
    /// </summary>
    Prefer,

    /// <summary>Never encrypted.</summary>
    Disable,

    /// <summary>Always encrypted; the server's certificate is not verified.</summary>
    Require,

    /// <summary>Always encrypted; the server's certificate must be issued by a trusted authority.</summary>
    VerifyCa,

    /// <summary>As <see cref="VerifyCa"/>, and the certificate must match the host name.</summary>
    VerifyFull,
}
