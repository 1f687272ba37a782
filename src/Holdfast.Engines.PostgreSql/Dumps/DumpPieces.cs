namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// What stood in the blocks of the bytes that were scanned last: the rows of tables, one behind the other without the
/// lengths that the dump has between
/// them, and the blocks of large objects as they are.
/// </summary>
internal sealed class DumpPieces
{
    private readonly List<(TocEntry Entry, int Start, int Length, bool IsBegin, bool IsEnd)> _pieces = [];
    private byte[] _bytes = [];
    private int _length;
    private TocEntry? _open;

    /// <summary>Number of pieces.</summary>
    public int Count => _pieces.Count;

    /// <summary>A piece, in the order of the dump.</summary>
    /// <returns>The object, its bytes, and whether its data begin and end with them.</returns>
    public (TocEntry Entry, ReadOnlyMemory<byte> Bytes, bool IsBegin, bool IsEnd) this[int index] =>
        (_pieces[index].Entry, _bytes.AsMemory(_pieces[index].Start, _pieces[index].Length), _pieces[index].IsBegin, _pieces[index].IsEnd);

    /// <summary>Makes room for what is found in the next bytes.</summary>
    /// <param name="most">Number of these bytes.</param>
    public void Clear(int most)
    {
        // The type of a block may have come with the bytes before, and so may most of a number.
        if (_bytes.Length < most + HeadReader.IntBytes + 1)
        {
            _bytes = new byte[most + HeadReader.IntBytes + 1];
        }
        _length = 0;
        _pieces.Clear();
        if (_open is not null)
        {
            _pieces.Add((_open, 0, 0, false, false));
        }
    }

    /// <summary>Says that the data of an object begin.</summary>
    public void Begin(TocEntry entry)
    {
        _open = entry;
        _pieces.Add((entry, _length, 0, true, false));
    }

    /// <summary>Adds bytes to them.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Says that they end.</summary>
    public void End()
    {
        _open = null;
        var last = _pieces[^1];
        _pieces[^1] = last with { Length = _length - last.Start, IsEnd = true };
    }

    /// <summary>Says that all bytes were scanned.</summary>
    public void Stop()
    {
        if (_open is not null)
        {
            _pieces[^1] = _pieces[^1] with { Length = _length - _pieces[^1].Start };
        }
    }
}
