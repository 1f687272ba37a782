using System.Buffers;

namespace Holdfast.Destinations.Contents;

/// <summary>
/// Bytes in memory that grow by segments, so that a small file takes little and a part of a large one no large array. Not thread-safe
/// while it is written; afterwards it can be read by several streams.
/// </summary>
public sealed class SegmentBuffer : IDisposable
{
    private const int FirstSegment = 64 << 10;
    private const int Segment = 1 << 20;

    private readonly List<byte[]> _segments = [];
    private int _usedOfLast;

    /// <summary>Number of bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_segments.Count == 0 || _usedOfLast == Capacity(_segments.Count - 1))
            {
                _segments.Add(ArrayPool<byte>.Shared.Rent(Capacity(_segments.Count)));
                _usedOfLast = 0;
            }
            var taken = Math.Min(bytes.Length, Capacity(_segments.Count - 1) - _usedOfLast);
            bytes[..taken].CopyTo(_segments[^1].AsSpan(_usedOfLast));
            _usedOfLast += taken;
            Length += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>Copies bytes from an offset.</summary>
    /// <returns>Number of bytes; 0 at the end.</returns>
    public int Read(long offset, Span<byte> buffer)
    {
        var (index, start) = Find(offset);
        if (offset >= Length)
        {
            return 0;
        }
        var count = (int)Math.Min(Math.Min(buffer.Length, Capacity(index) - start), Length - offset);
        _segments[index].AsSpan(start, count).CopyTo(buffer);
        return count;
    }

    /// <summary>A stream of all bytes, which can seek.</summary>
    public Stream OpenRead() => new SegmentStream(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var segment in _segments)
        {
            ArrayPool<byte>.Shared.Return(segment);
        }
        _segments.Clear();
        (Length, _usedOfLast) = (0, 0);
    }

    // The pool may return longer arrays; these lengths of them are used.
    private static int Capacity(int index) => index == 0 ? FirstSegment : Segment;

    private static (int Index, int Start) Find(long offset) =>
        offset < FirstSegment ? (0, (int)offset) : ((int)((offset - FirstSegment) / Segment) + 1, (int)((offset - FirstSegment) % Segment));
}
