using System.Buffers.Binary;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Index;

/// <summary>The page tags of one index as a stream in ascending order of pages.</summary>
internal sealed class PageTags(IndexReader index)
{
    private byte[]? _block;
    private bool _ended;

    /// <summary>Copies what this index knows of pages <paramref name="firstPage"/> and on over <paramref name="tags"/>, and marks them in <paramref name="known"/>. Called with ascending pages.</summary>
    /// <returns>False where this index has pages of another size: nothing older can be compared with.</returns>
    public async ValueTask<bool> OverlayAsync(int pageSize, long firstPage, Memory<byte> tags, Memory<bool> known, CancellationToken cancellationToken)
    {
        var end = firstPage + known.Length;
        while (true)
        {
            if (_block is null)
            {
                if (_ended) return true;
                _block = await index.NextAsync(IndexFormat.Block.Pages, cancellationToken);
                if (_block is null)
                {
                    _ended = true;
                    return true;
                }
            }

            if (BinaryPrimitives.ReadInt32LittleEndian(_block) != pageSize) return false;
            var first = BinaryPrimitives.ReadInt64LittleEndian(_block.AsSpan(4));
            var last = first + ((_block.Length - IndexFormat.PagesPrefixBytes) / Tagger.TagBytes);
            var (from, to) = (Math.Max(first, firstPage), Math.Min(last, end));
            if (from < to)
            {
                var source = _block.AsSpan(IndexFormat.PagesPrefixBytes + (int)((from - first) * Tagger.TagBytes), (int)((to - from) * Tagger.TagBytes));
                source.CopyTo(tags.Span[(int)((from - firstPage) * Tagger.TagBytes)..]);
                known.Span.Slice((int)(from - firstPage), (int)(to - from)).Fill(true);
            }

            if (last > end) return true;
            _block = null;
        }
    }
}
