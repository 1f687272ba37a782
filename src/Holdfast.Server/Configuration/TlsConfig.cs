namespace Holdfast.Server.Configuration;

/// <summary>Certificate and key of the server, both PEM files.</summary>
public sealed record TlsConfig
{
    /// <summary>The certificate, with those between it and the root after it.</summary>
    public required string Certificate { get; init; }

    /// <summary>Its private key, not encrypted.</summary>
    public required string Key { get; init; }
}
