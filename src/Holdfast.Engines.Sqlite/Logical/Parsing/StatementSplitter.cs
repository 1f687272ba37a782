using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Cuts a script that arrives in chunks into statements, holding one at a time.</summary>
internal sealed class StatementSplitter
{
    private const int Step = 256 * 1024;
    private const int MaxInsertBytes = 1_000_000_000; // SQLite's own limit
    private const int MaxOtherBytes = 16 * 1024 * 1024;
    private StatementScanner _scanner = new();
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(2 * Step, pinned: true);
    private int _start;
    private int _scanned;
    private int _end;

    /// <summary>Bytes of the script before the statement that comes next.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether anything but white space is left.</summary>
    public bool HasRemainder => _buffer.AsSpan(_start, _end - _start).Trim(" \t\r\n"u8).Length > 0;

    /// <summary>Bytes that are held.</summary>
    public int BufferedBytes => _end - _start;

    /// <summary>Forgets what it holds: the next chunk begins at an offset of the script, with whole statements before it.</summary>
    public void ResumeAt(long offset)
    {
        (_start, _scanned, _end, Offset) = (0, 0, 0, offset);
        _scanner = new();
    }

    /// <summary>Takes the next piece of a chunk and shortens the chunk by it.</summary>
    public void Append(ref ReadOnlySpan<byte> chunk)
    {
        var piece = Math.Min(chunk.Length, Step);
        if (_buffer.Length - _end < piece)
        {
            MakeRoom(piece);
        }
        chunk[..piece].CopyTo(_buffer.AsSpan(_end));
        _end += piece;
        chunk = chunk[piece..];
    }

    /// <summary>Gives the next whole statement, with its semicolon, at a fixed address until the next <see cref="Append"/>.</summary>
    /// <exception cref="HoldfastException">A statement is too long.</exception>
    public bool TryNext(out Span<byte> statement)
    {
        if (_scanned == _start)
        {
            while (_start < _end && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                Skip(1);
            }
            _scanned = _start;
        }

        var length = _scanner.Scan(_buffer.AsSpan(_scanned, _end - _scanned));
        _scanned = length < 0 ? _end : _scanned + length;
        if (length < 0)
        {
            CheckLength();
        }
        statement = length < 0 ? default : _buffer.AsSpan(_start, _scanned - _start);
        return length >= 0;
    }

    /// <summary>Goes past a statement that <see cref="TryNext"/> gave.</summary>
    public void Advance() => Skip(_scanned - _start);

    private void Skip(int bytes)
    {
        _start += bytes;
        Offset += bytes;
    }

    private void CheckLength()
    {
        var statement = _buffer.AsSpan(_start, _end - _start);
        var limit = statement.StartsWith("INSERT"u8) ? MaxInsertBytes : MaxOtherBytes;
        if (statement.Length <= limit)
        {
            return;
        }
        throw new HoldfastException(
            ErrorCatalogue.Refused,
            $"The script has a statement of more than {limit:N0} bytes at offset {Offset:N0}.",
            "No backup of ours holds such a statement; try an older restore point."
        );
    }

    private void MakeRoom(int piece)
    {
        var kept = _end - _start;
        var target =
            kept + piece > _buffer.Length
                ? GC.AllocateUninitializedArray<byte>(
                    (int)Math.Min(Math.Max(kept + (long)piece, _buffer.Length * 2L), MaxInsertBytes + (2L * Step)),
                    pinned: true
                )
                : _buffer;
        _buffer.AsSpan(_start, kept).CopyTo(target);
        (_buffer, _scanned, _start, _end) = (target, _scanned - _start, 0, kept);
    }
}
