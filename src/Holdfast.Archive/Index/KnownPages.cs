namespace Holdfast.Archive.Index;

/// <summary>The known pages of one item in a chain: the tags of all its indexes; newer tags take precedence.</summary>
internal sealed class KnownPages(IReadOnlyList<PageTags> oldestFirst) : IAsyncDisposable
{
    /// <summary>Finds the known tags of pages from <paramref name="firstPage"/> on; must be called with ascending pages.</summary>
    public async ValueTask FindAsync(int pageSize, long firstPage, Memory<byte> tags, Memory<bool> known)
    {
        known.Span.Clear();
        foreach (var pages in oldestFirst)
        {
            // A change of the page size rewrote every page, so older indexes do not apply.
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
