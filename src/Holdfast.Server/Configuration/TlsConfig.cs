namespace Holdfast.Server.Configuration;

/// <summary>Certificate and private key of the server, both PEM files.</summary>
public sealed record TlsConfig
{
    /// <summary>Path of the certificate, followed by intermediate certificates.</summary>
    public required string Certificate { get; init; }

    /// <summary>Path of its private key, which must not be encrypted.</summary>
    public required string Key { get; init; }
}
