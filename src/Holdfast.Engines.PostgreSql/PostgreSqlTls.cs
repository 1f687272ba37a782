namespace Holdfast.Engines.PostgreSql;

/// <summary>How far a connection is protected on its way; the names are those of libpq's <c>sslmode</c>.</summary>
public enum PostgreSqlTls
{
    /// <summary>
    /// Encrypted where the server offers it. Nothing is checked: it helps against those who listen, not against those
    /// who step in between.
    /// </summary>
    Prefer,

    /// <summary>Never encrypted.</summary>
    Disable,

    /// <summary>Encrypted or not at all; the server's certificate is not checked.</summary>
    Require,

    /// <summary>The server's certificate must come from a trusted authority.</summary>
    VerifyCa,

    /// <summary>The certificate must also be for the name that was asked for.</summary>
    VerifyFull,
}
