namespace Holdfast.Destinations.Limits;

/// <summary>A listing that is read page by page.</summary>
internal sealed class PagedListing<T>(IAsyncEnumerable<T> all) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<T> _entries = all.GetAsyncEnumerator();
    private bool _isAtEnd;

    /// <summary>Returns the next page; empty after the last.</summary>
    public async Task<List<T>> ReadPageAsync(int maxEntries)
    {
        var page = new List<T>();
        while (!_isAtEnd && page.Count < maxEntries)
        {
            if (await _entries.MoveNextAsync())
            {
                page.Add(_entries.Current);
            }
            else
            {
                _isAtEnd = true;
            }
        }

        return page;
    }

    public ValueTask DisposeAsync() => _entries.DisposeAsync();
}
