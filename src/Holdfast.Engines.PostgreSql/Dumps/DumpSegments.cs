namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// What stood in the blocks of the bytes that were scanned last: the rows of tables, one behind the other without the
/// lengths that the dump has between
/// them, and the blocks of large objects as they are.
/// </summary>
internal sealed class DumpSegments
{
    private readonly List<(TocEntry Entry, int Start, int Length, bool IsBegin, bool IsEnd)> _segments = [];
    private byte[] _bytes = [];
    private int _length;
    private TocEntry? _openEntry;

    /// <summary>Number of pieces.</summary>
    public int Count => _segments.Count;

    /// <summary>A piece, in the order of the dump.</summary>
    /// <returns>The object, its bytes, and whether its data begin and end with them.</returns>
    public (TocEntry Entry, ReadOnlyMemory<byte> Bytes, bool IsBegin, bool IsEnd) this[int index] =>
        (
            _segments[index].Entry,
            _bytes.AsMemory(_segments[index].Start, _segments[index].Length),
            _segments[index].IsBegin,
            _segments[index].IsEnd
        );

    /// <summary>Makes room for what is found in the next bytes.</summary>
    /// <param name="most">Number of these bytes.</param>
    public void Reset(int most)
    {
        // The type of a block may have come with the bytes before, and so may most of a number.
        if (_bytes.Length < most + DumpHeaderReader.IntBytes + 1)
        {
            _bytes = new byte[most + DumpHeaderReader.IntBytes + 1];
        }
        _length = 0;
        _segments.Clear();
        if (_openEntry is not null)
        {
            _segments.Add((_openEntry, 0, 0, false, false));
        }
    }

    /// <summary>Says that the data of an object begin.</summary>
    public void BeginEntry(TocEntry entry)
    {
        _openEntry = entry;
        _segments.Add((entry, _length, 0, true, false));
    }

    /// <summary>Adds bytes to them.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Says that they end.</summary>
    public void EndEntry()
    {
        _openEntry = null;
        var last = _segments[^1];
        _segments[^1] = last with { Length = _length - last.Start, IsEnd = true };
    }

    /// <summary>Says that all bytes were scanned.</summary>
    public void CompleteScan()
    {
        if (_openEntry is not null)
        {
            _segments[^1] = _segments[^1] with { Length = _length - _segments[^1].Start };
        }
    }
}
