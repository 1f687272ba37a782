namespace Holdfast.Archive.Items;

/// <summary>A consistent image of a database's pages; reading has no side effects.</summary>
public interface IPageImage
{
    /// <summary>Size of a page in bytes: a power of two, 512 to 65,536.</summary>
    int PageSize { get; }

    /// <summary>Number of pages.</summary>
    long PageCount { get; }

    /// <summary>Whether the pages are ciphertext, which does not compress.</summary>
    bool IsIncompressible { get; }

    /// <summary>
    /// Reads whole pages from <paramref name="firstPage"/> (from 0) until <paramref name="pages"/> is full; its length is a multiple of the
    /// page size and within the image. Called with ascending pages, and never concurrently. May block.
    /// </summary>
    void Read(long firstPage, Span<byte> pages);
}
