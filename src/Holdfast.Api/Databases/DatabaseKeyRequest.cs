namespace Holdfast.Api.Databases;

/// <summary>The key of an encrypted database: either a raw key or a passphrase.</summary>
public sealed record DatabaseKeyRequest
{
    /// <summary>A raw key: 32 bytes as Base64, or 64 hexadecimal digits.</summary>
    public string? Key { get; init; }

    /// <summary>A passphrase.</summary>
    public string? Passphrase { get; init; }

    /// <summary>Leaves out the key.</summary>
    public override string ToString() => nameof(DatabaseKeyRequest);
}
