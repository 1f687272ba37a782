namespace Holdfast.Archive.Items;

/// <summary>A database's pages as they stood at one moment; reading them changes nothing.</summary>
public interface IPageImage
{
    /// <summary>Bytes in a page: a power of two, 512 to 65,536.</summary>
    int PageSize { get; }

    /// <summary>Number of pages.</summary>
    long PageCount { get; }

    /// <summary>True where the pages are ciphertext, which does not compress.</summary>
    bool IsIncompressible { get; }

    /// <summary>
    /// Reads whole pages from <paramref name="firstPage"/> (counted from 0) until <paramref name="pages"/> is full,
    /// whose length is a multiple of
    /// the page size and does not reach past the image. Called with ascending pages, never by two threads at once. May block.
    /// </summary>
    void Read(long firstPage, Span<byte> pages);
}
