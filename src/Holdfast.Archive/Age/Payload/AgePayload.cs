using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Holdfast.Archive.Age.Payload;

/// <summary>
/// The encrypted part of an age file: a nonce of 16 bytes, then chunks of 64 KiB, each with its own tag. The nonce of a chunk includes its
/// number and whether it is the last, so chunks cannot be moved, repeated or omitted.
/// </summary>
internal sealed class AgePayload : IDisposable
{
    /// <summary>Size of the nonce from which the payload key is derived, in bytes.</summary>
    public const int NonceSize = 16;

    /// <summary>Plaintext size of every chunk but the last.</summary>
    public const int ChunkSize = 64 * 1024;

    /// <summary>Size of a tag, in bytes.</summary>
    public const int TagSize = 16;

    /// <summary>Stored size of every chunk but the last.</summary>
    public const int SealedSize = ChunkSize + TagSize;

    private readonly byte[] _key = new byte[32];

    /// <summary>Creates the payload of the file with this key and nonce.</summary>
    public AgePayload(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> nonce) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, _key, nonce, "payload"u8);

    /// <summary>Creates a cipher for the two methods below. It is not thread-safe.</summary>
    public ChaCha20Poly1305 CreateCipher() => new(_key);

    /// <summary>Encrypts a chunk in place and appends its tag.</summary>
    public static void Seal(ChaCha20Poly1305 cipher, long number, bool isLast, Span<byte> chunkAndTag)
    {
        Span<byte> nonce = stackalloc byte[12];
        Number(nonce, number, isLast);
        var chunk = chunkAndTag[..^TagSize];
        cipher.Encrypt(nonce, chunk, chunk, chunkAndTag[^TagSize..]);
    }

    /// <summary>Decrypts a chunk; false if it is not authentic, in which case the plaintext is zeroed.</summary>
    public static bool TryOpen(ChaCha20Poly1305 cipher, long number, bool isLast, ReadOnlySpan<byte> chunkAndTag, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[12];
        Number(nonce, number, isLast);
        try
        {
            cipher.Decrypt(nonce, chunkAndTag[..^TagSize], chunkAndTag[^TagSize..], plaintext);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>Erases the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    // 11 bytes of chunk number, big-endian, and one that marks the last chunk.
    private static void Number(Span<byte> nonce, long number, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], number);
        nonce[11] = isLast ? (byte)1 : (byte)0;
    }
}
