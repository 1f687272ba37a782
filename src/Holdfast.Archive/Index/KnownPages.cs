namespace Holdfast.Archive.Index;

/// <summary>What a chain holds of the pages of one item: the tags of all its indexes, the newest winning.</summary>
internal sealed class KnownPages(IReadOnlyList<PageTags> oldestFirst) : IAsyncDisposable
{
    /// <summary>The tags of pages <paramref name="firstPage"/> and on, as far as they are known; called with ascending pages.</summary>
    public async ValueTask FindAsync(int pageSize, long firstPage, Memory<byte> tags, Memory<bool> known)
    {
        known.Span.Clear();
        foreach (var pages in oldestFirst)
        {
            // A change of page size rewrote every page: what is older does not count.
            if (!await pages.OverlayAsync(pageSize, firstPage, tags, known))
            {
                known.Span.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var pages in oldestFirst)
        {
            await pages.DisposeAsync();
        }
    }
}
