using System.Security.Cryptography;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>
/// A secret key of 32 random bytes. It decrypts what was encrypted to its <see cref="Recipient"/>; its text form is the recipient.
/// </summary>
public sealed class AgeIdentity
{
    /// <summary>Size of a key, in bytes.</summary>
    public const int KeySize = 32;

    private const string LowerPrefix = "age-secret-key-";
    private const string UpperPrefix = "AGE-SECRET-KEY-";
    private const int Base64Length = 44;

    private readonly byte[] _key;

    private AgeIdentity(byte[] key)
    {
        _key = key;
        Recipient = new(Sodium.PublicKey(key));
    }

    /// <summary>The public key.</summary>
    public AgeRecipient Recipient { get; }

    /// <summary>The secret key, for key agreement only.</summary>
    internal ReadOnlySpan<byte> Key => _key;

    /// <summary>Generates a random key.</summary>
    public static AgeIdentity Generate() => new(RandomNumberGenerator.GetBytes(KeySize));

    /// <summary>Creates a key from a copy of these bytes.</summary>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static AgeIdentity FromBytes(ReadOnlySpan<byte> key) =>
        key.Length == KeySize
            ? new(key.ToArray())
            : throw new ArgumentException($"A key has {KeySize} bytes, not {key.Length}.", nameof(key));

    /// <summary>Parses <c>AGE-SECRET-KEY-1…</c>, Base64 of 32 bytes, or 64 hexadecimal digits.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Usage"/> if it is none of them; the message does not contain the text.
    /// </exception>
    public static AgeIdentity Parse(string text) =>
        TryParse(text)
        ?? throw new HoldfastException(
            ErrorCatalog.Usage,
            "This is not a secret key.",
            "A key is AGE-SECRET-KEY-1…, or Base64 of 32 bytes (44 characters), or 64 hexadecimal digits."
        );

    /// <summary>Returns the secret key as <c>AGE-SECRET-KEY-1…</c>, the format of age.</summary>
    public string ToSecretKey() => Bech32.Encode(LowerPrefix, _key).ToUpperInvariant();

    /// <summary>Returns the secret key as Base64.</summary>
    public string ToBase64() => Convert.ToBase64String(_key);

    /// <summary>Returns the recipient, never the secret key.</summary>
    public override string ToString() => Recipient.ToString();

    internal static AgeIdentity? TryParse(string text)
    {
        if (text.StartsWith(UpperPrefix, StringComparison.Ordinal))
        {
            return Bech32.TryDecode(text, UpperPrefix, out var key) && key.Length == KeySize ? new(key) : null;
        }
        if (text.Length == 2 * KeySize && text.All(char.IsAsciiHexDigit))
        {
            return new(Convert.FromHexString(text));
        }
        var bytes = new byte[KeySize];
        return
            text.Length == Base64Length
            && Convert.TryFromBase64String(text, bytes, out var length)
            && length == KeySize
            && Convert.ToBase64String(bytes) == text
            ? new(bytes)
            : null;
    }
}
