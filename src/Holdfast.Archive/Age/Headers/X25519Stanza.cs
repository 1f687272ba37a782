using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Archive.Age.Headers;

/// <summary>The file key wrapped for one recipient: <c>-> X25519 &lt;ephemeral public key&gt;</c>.</summary>
internal static class X25519Stanza
{
    /// <summary>First argument.</summary>
    public const string Type = "X25519";

    /// <summary>Wraps a file key with a new ephemeral key.</summary>
    public static Stanza Wrap(ReadOnlySpan<byte> fileKey, AgeRecipient recipient)
    {
        Span<byte> ephemeral = stackalloc byte[Sodium.PointSize];
        Span<byte> wrappingKey = stackalloc byte[32];
        try
        {
            RandomNumberGenerator.Fill(ephemeral);
            var share = Sodium.PublicKey(ephemeral);
            if (!TryDerive(ephemeral, recipient.PublicKey.Span, share, recipient, wrappingKey))
            {
                throw new CryptographicException("The recipient is a low-order point.");
            }
            return new(Type, [AgeBase64.Encode(share)], FileKey.Wrap(wrappingKey, fileKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ephemeral);
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    /// <summary>Unwraps the file key; null if the stanza is for another recipient.</summary>
    /// <exception cref="FormatException">It is not a valid X25519 stanza.</exception>
    public static byte[]? TryUnwrap(Stanza stanza, AgeIdentity identity)
    {
        var share = ParseShare(stanza);
        Span<byte> wrappingKey = stackalloc byte[32];
        try
        {
            if (!TryDerive(identity.Key, share, share, identity.Recipient, wrappingKey))
            {
                throw new FormatException("the share of an X25519 stanza is a low-order point");
            }
            return FileKey.TryUnwrap(wrappingKey, stanza.Body);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    private static byte[] ParseShare(Stanza stanza)
    {
        if (
            stanza.Arguments is not [var text]
            || !AgeBase64.TryDecode(Encoding.ASCII.GetBytes(text), out var share)
            || share.Length != Sodium.PointSize
        )
        {
            throw new FormatException("an X25519 stanza has no share");
        }
        return stanza.Body.Length == FileKey.WrappedSize
            ? share
            : throw new FormatException($"an X25519 stanza has a body of {stanza.Body.Length} bytes");
    }

    private static bool TryDerive(
        ReadOnlySpan<byte> secret,
        ReadOnlySpan<byte> point,
        ReadOnlySpan<byte> share,
        AgeRecipient recipient,
        Span<byte> wrappingKey
    )
    {
        Span<byte> shared = stackalloc byte[Sodium.PointSize];
        if (!Sodium.TryShare(secret, point, shared))
        {
            return false;
        }
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            shared,
            wrappingKey,
            salt: [.. share, .. recipient.PublicKey.Span],
            info: "age-encryption.org/v1/X25519"u8
        );
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }
}
