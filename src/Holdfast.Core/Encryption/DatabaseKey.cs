namespace Holdfast.Core.Encryption;

/// <summary>The key of an encrypted database: 32 raw bytes or a passphrase. It never appears in messages or logs.</summary>
public sealed class DatabaseKey
{
    private DatabaseKey(byte[]? raw, string? passphrase)
    {
        Raw = raw;
        Passphrase = passphrase;
    }

    /// <summary>The 32 bytes of a raw key; null for a passphrase.</summary>
    public byte[]? Raw { get; }

    /// <summary>The passphrase; null for a raw key.</summary>
    public string? Passphrase { get; }

    /// <summary>Creates a raw key.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public static DatabaseKey FromRaw(byte[] key) =>
        key.Length == 32 ? new(key, null) : throw new ArgumentException($"A raw key has 32 bytes, not {key.Length}.", nameof(key));

    /// <summary>Creates a passphrase.</summary>
    public static DatabaseKey FromPassphrase(string passphrase) => new(null, passphrase);

    /// <summary>Returns the kind of the key, never the key itself.</summary>
    public override string ToString() => Raw is null ? "passphrase" : "raw key";
}
