using System.Buffers.Binary;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Index;

/// <summary>The page tags of one item in one index, as a stream in ascending page order.</summary>
internal sealed class PageTags(IndexReader index, long item, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<byte[]> _blocks = index
        .BlocksAsync(IndexFormat.Block.Pages, cancellationToken)
        .GetAsyncEnumerator(cancellationToken);
    private byte[]? _block;
    private bool _ended;

    /// <summary>
    /// Copies the known tags of pages from <paramref name="firstPage"/> on to <paramref name="tags"/>, and marks them in
    /// <paramref name="known"/>. Must be called with ascending pages.
    /// </summary>
    /// <returns>False if this index has another page size, so that it and older ones do not apply.</returns>
    public async ValueTask<bool> OverlayAsync(int pageSize, long firstPage, Memory<byte> tags, Memory<bool> known)
    {
        var end = firstPage + known.Length;
        while (true)
        {
            if (_block is null)
            {
                if (_ended || !await _blocks.MoveNextAsync())
                {
                    _ended = true;
                    return true;
                }

                if (BinaryPrimitives.ReadInt64LittleEndian(_blocks.Current) != item)
                {
                    continue;
                }
                _block = _blocks.Current;
            }

            if (BinaryPrimitives.ReadInt32LittleEndian(_block.AsSpan(8)) != pageSize)
            {
                return false;
            }
            var first = BinaryPrimitives.ReadInt64LittleEndian(_block.AsSpan(12));
            var last = first + ((_block.Length - IndexFormat.PagesPrefixBytes) / Tagger.TagBytes);
            var (from, to) = (Math.Max(first, firstPage), Math.Min(last, end));
            if (from < to)
            {
                var source = _block.AsSpan(
                    IndexFormat.PagesPrefixBytes + (int)((from - first) * Tagger.TagBytes),
                    (int)((to - from) * Tagger.TagBytes)
                );
                source.CopyTo(tags.Span[(int)((from - firstPage) * Tagger.TagBytes)..]);
                known.Span.Slice((int)(from - firstPage), (int)(to - from)).Fill(true);
            }

            if (last > end)
            {
                return true;
            }
            _block = null;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _blocks.DisposeAsync();
}
