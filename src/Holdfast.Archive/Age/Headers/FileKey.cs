using System.Security.Cryptography;

namespace Holdfast.Archive.Age.Headers;

/// <summary>
/// The random key of one file, stored only wrapped in the header's stanzas. All other keys of the file are derived from it.
/// </summary>
internal static class FileKey
{
    /// <summary>Size of a file key, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Size of a wrapped file key, in bytes.</summary>
    public const int WrappedSize = Size + TagSize;

    private const int TagSize = 16;

    // A wrapping key wraps only one file key, so the nonce may be constant.
    private static readonly byte[] ZeroNonce = new byte[12];

    /// <summary>Wraps the file key as the body of a stanza.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> fileKey)
    {
        var body = new byte[WrappedSize];
        using var cipher = new ChaCha20Poly1305(wrappingKey);
        cipher.Encrypt(ZeroNonce, fileKey, body.AsSpan(0, Size), body.AsSpan(Size));
        return body;
    }

    /// <summary>Unwraps the file key from the body of a stanza; null if the wrapping key does not match.</summary>
    public static byte[]? TryUnwrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> body)
    {
        var fileKey = new byte[Size];
        using var cipher = new ChaCha20Poly1305(wrappingKey);
        try
        {
            cipher.Decrypt(ZeroNonce, body[..Size], body[Size..], fileKey);
            return fileKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>Computes the MAC of a header.</summary>
    public static byte[] HeaderMac(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> header)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, salt: [], info: "header"u8);
        var mac = HMACSHA256.HashData(key, header);
        CryptographicOperations.ZeroMemory(key);
        return mac;
    }
}
