using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Holdfast.Archive.Age.Payload;

/// <summary>
/// The encrypted part of an age file: 16 bytes of nonce, then chunks of 64 KiB, each with its own tag. The number of a
/// chunk and whether it is the
/// last are part of its nonce, so none can be moved, repeated or left out.
/// </summary>
internal sealed class AgePayload : IDisposable
{
    /// <summary>Bytes of the nonce that the payload's key is made with.</summary>
    public const int NonceSize = 16;

    /// <summary>Plaintext of every chunk but the last.</summary>
    public const int ChunkSize = 64 * 1024;

    /// <summary>What a chunk grows by.</summary>
    public const int TagSize = 16;

    /// <summary>Stored bytes of every chunk but the last.</summary>
    public const int SealedSize = ChunkSize + TagSize;

    private readonly byte[] _key = new byte[32];

    /// <summary>The payload of the file with this key and nonce.</summary>
    public AgePayload(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> nonce) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, _key, nonce, "payload"u8);

    /// <summary>A cipher for the two methods below. One thread at a time may use it.</summary>
    public ChaCha20Poly1305 CreateCipher() => new(_key);

    /// <summary>Encrypts a chunk where it lies and writes its tag behind it.</summary>
    public static void Seal(ChaCha20Poly1305 cipher, long number, bool isLast, Span<byte> chunkAndTag)
    {
        Span<byte> nonce = stackalloc byte[12];
        Number(nonce, number, isLast);
        var chunk = chunkAndTag[..^TagSize];
        cipher.Encrypt(nonce, chunk, chunk, chunkAndTag[^TagSize..]);
    }

    /// <summary>Decrypts a chunk; false where it is not authentic, and then the plaintext is all zeros.</summary>
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

    /// <summary>Forgets the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    // 11 bytes of number, most significant first, and one that marks the last chunk.
    private static void Number(Span<byte> nonce, long number, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], number);
        nonce[11] = isLast ? (byte)1 : (byte)0;
    }
}
