using System.Security.Cryptography;

namespace Holdfast.Archive.Format;

/// <summary>
/// The hash of page data: SHA-256 over the SHA-256 of each page, in order. Each byte is hashed once: the digests of the pages are used for
/// the manifest and, through <see cref="Tagger"/>, for the index.
/// </summary>
internal static class PageHash
{
    /// <summary>Size of a digest, in bytes.</summary>
    public const int DigestBytes = SHA256.HashSizeInBytes;

    /// <summary>Computes the digest of each page of <paramref name="pages"/> into <paramref name="digests"/>.</summary>
    public static void ComputeDigests(ReadOnlySpan<byte> pages, int pageSize, Span<byte> digests)
    {
        for (var at = 0; at < pages.Length; at += pageSize)
        {
            SHA256.HashData(pages.Slice(at, pageSize), digests.Slice(at / pageSize * DigestBytes, DigestBytes));
        }
    }

    /// <summary>Computes the hash of pages, in Base64.</summary>
    public static string Compute(ReadOnlySpan<byte> digests) => Convert.ToBase64String(SHA256.HashData(digests));
}
