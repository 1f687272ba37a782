using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Splits a script that arrives in chunks into statements, buffering one at a time.</summary>
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

    /// <summary>Offset of the next statement in the script, in bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether anything but white space is left.</summary>
    public bool HasRemainder => _buffer.AsSpan(_start, _end - _start).Trim(" \t\r\n"u8).Length > 0;

    /// <summary>Number of buffered bytes.</summary>
    public int BufferedBytes => _end - _start;

    /// <summary>Discards the buffer: the next chunk begins at this offset of the script, after whole statements.</summary>
    public void ResumeAt(long offset)
    {
        (_start, _scanned, _end, Offset) = (0, 0, 0, offset);
        _scanner = new();
    }

    /// <summary>Buffers the next segment of a chunk and removes it from the chunk.</summary>
    public void Append(ref ReadOnlySpan<byte> chunk)
    {
        var segment = Math.Min(chunk.Length, Step);
        if (_buffer.Length - _end < segment)
        {
            MakeRoom(segment);
        }
        chunk[..segment].CopyTo(_buffer.AsSpan(_end));
        _end += segment;
        chunk = chunk[segment..];
    }

    /// <summary>
    /// Returns the next whole statement with its semicolon, at a fixed address until the next <see cref="Append"/>.
    /// </summary>
    /// <exception cref="HoldfastException">The statement is too long.</exception>
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

    /// <summary>Skips the statement that <see cref="TryNext"/> returned.</summary>
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
            ErrorCatalog.Refused,
            $"The script has a statement of more than {limit:N0} bytes at offset {Offset:N0}.",
            "No backup by Holdfast contains such a statement; try an older restore point."
        );
    }

    private void MakeRoom(int segment)
    {
        var buffered = _end - _start;
        var target =
            buffered + segment > _buffer.Length
                ? GC.AllocateUninitializedArray<byte>(
                    (int)Math.Min(Math.Max(buffered + (long)segment, _buffer.Length * 2L), MaxInsertBytes + (2L * Step)),
                    pinned: true
                )
                : _buffer;
        _buffer.AsSpan(_start, buffered).CopyTo(target);
        (_buffer, _scanned, _start, _end) = (target, _scanned - _start, 0, buffered);
    }
}
