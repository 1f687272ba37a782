using System.Security.Cryptography;

namespace Holdfast.Archive.Age.Headers;

/// <summary>
/// The key of one file: random, and stored only wrapped in the header's stanzas. All other keys of the file come from
/// it.
/// </summary>
internal static class FileKey
{
    /// <summary>Bytes in a file key.</summary>
    public const int Size = 16;

    /// <summary>Bytes of a wrapped file key.</summary>
    public const int WrappedSize = Size + TagSize;

    private const int TagSize = 16;

    // A wrapping key wraps one file key and no other, so the nonce may be constant.
    private static readonly byte[] ZeroNonce = new byte[12];

    /// <summary>The file key as a stanza's body.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> fileKey)
    {
        var body = new byte[WrappedSize];
        using var cipher = new ChaCha20Poly1305(wrappingKey);
        cipher.Encrypt(ZeroNonce, fileKey, body.AsSpan(0, Size), body.AsSpan(Size));
        return body;
    }

    /// <summary>The file key in a stanza's body, or null where the wrapping key does not fit.</summary>
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

    /// <summary>Authenticates a header.</summary>
    public static byte[] HeaderMac(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> header)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, salt: [], info: "header"u8);
        var mac = HMACSHA256.HashData(key, header);
        CryptographicOperations.ZeroMemory(key);
        return mac;
    }
}
