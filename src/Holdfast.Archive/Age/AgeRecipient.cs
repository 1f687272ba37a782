using System.Security.Cryptography;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>The public half of a key: whoever has it can encrypt, and only the holder of the <see cref="AgeIdentity"/> can read.</summary>
public sealed class AgeRecipient : IEquatable<AgeRecipient>
{
    private const string Prefix = "age";
    private const int KeyIdBytes = 8;

    private readonly byte[] _publicKey;

    internal AgeRecipient(byte[] publicKey)
    {
        _publicKey = publicKey;
        KeyId = Convert.ToHexStringLower(SHA256.HashData([.. "holdfast key id"u8, .. publicKey]).AsSpan(0, KeyIdBytes));
    }

    /// <summary>The 32 bytes of the X25519 public key.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Short name of the key, 16 hexadecimal digits. Archives carry it, so that it can be said which key opens them.</summary>
    public string KeyId { get; }

    /// <summary>Reads <c>age1…</c>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> when it is not a recipient.</exception>
    public static AgeRecipient Parse(string text)
    {
        // Whoever takes one for the other must not see the secret in an error message.
        if (text.StartsWith("AGE-SECRET-KEY-", StringComparison.OrdinalIgnoreCase))
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "A secret key stands where a recipient is wanted.",
                "Give its public half, which begins with age1."
            );
        }
        if (!Bech32.TryDecode(text, Prefix, out var key) || key.Length != Sodium.PointSize)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{Shorten(text)}' is not a recipient.",
                "A recipient begins with age1 and has 62 characters; check that it was copied whole."
            );
        }
        if (!IsSafe(key))
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{text}' is a recipient that protects nothing.",
                "Use a key that age-keygen or Holdfast made."
            );
        }
        return new(key);
    }

    /// <inheritdoc/>
    public bool Equals(AgeRecipient? other) => other is not null && _publicKey.AsSpan().SequenceEqual(other._publicKey);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgeRecipient);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_publicKey);

    /// <summary>The key as <c>age1…</c>.</summary>
    public override string ToString() => Bech32.Encode(Prefix, _publicKey);

    // Only a recipient's own letters are repeated: what was pasted here by mistake may be a secret.
    private static string Shorten(string text) =>
        !text.StartsWith("age1", StringComparison.Ordinal) ? "…"
        : text.Length <= 70 ? text
        : text[..70] + "…";

    private static bool IsSafe(byte[] key)
    {
        Span<byte> shared = stackalloc byte[Sodium.PointSize];
        return Sodium.TryShare(key, key, shared); // any scalar finds a low-order point
    }
}
