using System.Security.Cryptography;

namespace Holdfast.Archive.Format;

/// <summary>
/// Converts SHA-256 digests to the keyed 128-bit tags of an index: AES-256-CBC-MAC over the 32 bytes of the digest, with the chain's key.
/// For inputs of one fixed length CBC-MAC is a pseudo-random function (Bellare, Kilian, Rogaway 1994); decision 0002 explains why it is not
/// HMAC.
/// </summary>
internal sealed class Tagger : IDisposable
{
    /// <summary>Size of a tag, in bytes.</summary>
    public const int TagBytes = 16;

    private readonly Aes _aes;

    /// <param name="chainKey">The chain's key, 32 bytes.</param>
    public Tagger(byte[] chainKey)
    {
        _aes = Aes.Create();
        _aes.Key = chainKey;
    }

    /// <summary>Computes the tag of each 32-byte digest. Thread-safe.</summary>
    public void ComputeTags(ReadOnlySpan<byte> digests, Span<byte> tags)
    {
        var count = digests.Length / PageHash.DigestBytes;
        tags = tags[..(count * TagBytes)];
        for (var i = 0; i < count; i++)
        {
            digests.Slice(i * PageHash.DigestBytes, TagBytes).CopyTo(tags[(i * TagBytes)..]);
        }
        _aes.EncryptEcb(tags, tags, PaddingMode.None);
        for (var i = 0; i < count; i++)
        {
            var second = digests.Slice((i * PageHash.DigestBytes) + TagBytes, TagBytes);
            var tag = tags.Slice(i * TagBytes, TagBytes);
            for (var b = 0; b < TagBytes; b++)
            {
                tag[b] ^= second[b];
            }
        }

        _aes.EncryptEcb(tags, tags, PaddingMode.None);
    }

    /// <inheritdoc/>
    public void Dispose() => _aes.Dispose();
}
