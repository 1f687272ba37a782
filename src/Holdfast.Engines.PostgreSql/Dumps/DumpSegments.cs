namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// The contents of data blocks in the bytes that were scanned last: rows of tables without the chunk lengths between
/// them, and blocks of large objects unchanged.
/// </summary>
internal sealed class DumpSegments
{
    private readonly List<(TocEntry Entry, int Start, int Length, bool IsBegin, bool IsEnd)> _segments = [];
    private byte[] _bytes = [];
    private int _length;
    private TocEntry? _openEntry;

    /// <summary>Number of segments.</summary>
    public int Count => _segments.Count;

    /// <summary>Returns a segment, in the order of the dump.</summary>
    /// <returns>The object, its bytes, and whether its data begin and end with this segment.</returns>
    public (TocEntry Entry, ReadOnlyMemory<byte> Bytes, bool IsBegin, bool IsEnd) this[int index] =>
        (
            _segments[index].Entry,
            _bytes.AsMemory(_segments[index].Start, _segments[index].Length),
            _segments[index].IsBegin,
            _segments[index].IsEnd
        );

    /// <summary>Prepares for the segments of the next bytes.</summary>
    /// <param name="maxBytes">Number of these bytes.</param>
    public void Reset(int maxBytes)
    {
        // The type of a block and most of a number may have arrived with the bytes before.
        if (_bytes.Length < maxBytes + DumpHeaderReader.IntBytes + 1)
        {
            _bytes = new byte[maxBytes + DumpHeaderReader.IntBytes + 1];
        }
        _length = 0;
        _segments.Clear();
        if (_openEntry is not null)
        {
            _segments.Add((_openEntry, 0, 0, false, false));
        }
    }

    /// <summary>Begins the data of an object.</summary>
    public void BeginEntry(TocEntry entry)
    {
        _openEntry = entry;
        _segments.Add((entry, _length, 0, true, false));
    }

    /// <summary>Appends data.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Ends the data of the object.</summary>
    public void EndEntry()
    {
        _openEntry = null;
        var last = _segments[^1];
        _segments[^1] = last with { Length = _length - last.Start, IsEnd = true };
    }

    /// <summary>Ends the scan of these bytes.</summary>
    public void CompleteScan()
    {
        if (_openEntry is not null)
        {
            _segments[^1] = _segments[^1] with { Length = _length - _segments[^1].Start };
        }
    }
}
