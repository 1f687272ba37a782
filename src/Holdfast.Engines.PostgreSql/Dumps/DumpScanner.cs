using System.Buffers.Binary;
using System.Numerics;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// Scans a dump in custom format, without compression, while it is copied: its header, and the number of rows of each
/// table. In COPY's text format only the end of a row is a newline, so newlines are counted. pg_dump up to version 17
/// writes a chunk for each row, so the cost per chunk must be low: newlines are counted over many chunks at once.
/// </summary>
/// <param name="segments">Receives the contents of data blocks; null if they are not needed.</param>
internal sealed class DumpScanner(DumpSegments? segments = null)
{
    private const byte TableBlock = 1,
        LargeObjectBlock = 3;
    private const int TrailingLines = 3; // \. and two empty lines follow the rows of a table

    private readonly DumpHeader _header = new();
    private readonly byte[] _number = new byte[DumpHeaderReader.IntBytes];
    private Dictionary<int, TocEntry>? _byId;
    private ParseState _state = ParseState.BlockType;
    private int _numberBytes;
    private long _chunkLeft;
    private byte _blockType;
    private TocEntry? _entry;
    private long _lines;
    private long _rowBytes; // of a row whose end has not arrived yet

    private enum ParseState
    {
        BlockType,
        BlockId,
        LargeObject,
        ChunkLength,
        Chunk,
    }

    /// <summary>The header.</summary>
    public DumpHeader Header => _header;

    /// <summary>Number of large objects.</summary>
    public long LargeObjects { get; private set; }

    /// <summary>Scans the next bytes.</summary>
    public void Scan(ReadOnlySpan<byte> bytes)
    {
        if (!_header.IsComplete)
        {
            bytes = bytes[_header.Append(bytes)..];
        }
        while (!bytes.IsEmpty)
        {
            if (_state == ParseState.Chunk)
            {
                bytes = ScanChunk(bytes);
            }
            else if (_state == ParseState.BlockType)
            {
                _blockType = bytes[0];
                if (_blockType is not (TableBlock or LargeObjectBlock))
                {
                    throw DumpFailure.Unsupported($"a data block has the type {_blockType}");
                }
                bytes = bytes[1..];
                _state = ParseState.BlockId;
            }
            else if (
                _numberBytes == 0
                && _state == ParseState.ChunkLength
                && _blockType == TableBlock
                && CountWholeChunks(bytes) is > 0 and var counted
            )
            {
                bytes = bytes[counted..];
            }
            else if (_numberBytes == 0 && bytes.Length >= DumpHeaderReader.IntBytes)
            {
                ProcessNumber(bytes[..DumpHeaderReader.IntBytes]);
                bytes = bytes[DumpHeaderReader.IntBytes..];
            }
            else
            {
                _number[_numberBytes++] = bytes[0];
                bytes = bytes[1..];
                if (_numberBytes < DumpHeaderReader.IntBytes)
                {
                    continue;
                }
                _numberBytes = 0;
                ProcessNumber(_number);
            }
        }
    }

    /// <summary>Ends the scan. Throws if the dump is not complete.</summary>
    public void Complete()
    {
        if (!_header.IsComplete)
        {
            throw DumpFailure.Truncated("its header is incomplete");
        }
        if (_state != ParseState.BlockType)
        {
            throw DumpFailure.Truncated($"the data of {_entry?.Name} is incomplete");
        }
        if (_header.Entries.FirstOrDefault(e => e.HasData && !e.IsComplete) is { } missing)
        {
            throw DumpFailure.Truncated($"the data of {missing.Name} is missing");
        }
    }

    // The lengths between the rows may contain the byte of a newline as well.
    private int CountWholeChunks(ReadOnlySpan<byte> bytes)
    {
        var (at, ofLengths, chunks) = (0, 0, 0);
        while (bytes.Length - at > DumpHeaderReader.IntBytes)
        {
            var number = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 1)..]);
            if (bytes[at] != 0 || number == 0 || number > bytes.Length - at - DumpHeaderReader.IntBytes)
            {
                break;
            }
            ofLengths += NewLines(number);
            chunks++;
            segments?.Append(bytes.Slice(at + DumpHeaderReader.IntBytes, (int)number));
            at += DumpHeaderReader.IntBytes + (int)number;
        }

        CountLines(bytes[..at].Count((byte)'\n') - ofLengths, at - (chunks * DumpHeaderReader.IntBytes));
        return at;
    }

    // A row that is large enough to matter is far larger than one block. So it is enough to count the bytes of blocks
    // without a newline.
    private void CountLines(int lines, int bytes)
    {
        _lines += lines;
        if (lines == 0)
        {
            _rowBytes += bytes;
            return;
        }

        _entry!.LargestRow = Math.Max(_entry.LargestRow, _rowBytes);
        _rowBytes = 0;
    }

    // Counts the newlines among four bytes: the bytes that are zero after the exclusive or, whose highest bit stays
    // clear in the sum.
    private static int NewLines(uint bytes)
    {
        var x = bytes ^ 0x0A0A0A0A;
        return BitOperations.PopCount(~(((x & 0x7F7F7F7F) + 0x7F7F7F7F) | x | 0x7F7F7F7F));
    }

    private ReadOnlySpan<byte> ScanChunk(ReadOnlySpan<byte> bytes)
    {
        var length = (int)Math.Min(_chunkLeft, bytes.Length);
        segments?.Append(bytes[..length]);
        if (_blockType == TableBlock)
        {
            CountLines(bytes[..length].Count((byte)'\n'), length);
        }
        _chunkLeft -= length;
        if (_chunkLeft == 0)
        {
            _state = ParseState.ChunkLength;
        }
        return bytes[length..];
    }

    private void ProcessNumber(ReadOnlySpan<byte> bytes)
    {
        var number = DumpHeaderReader.ReadInt(bytes);
        if (_blockType == LargeObjectBlock && _state != ParseState.BlockId)
        {
            segments?.Append(bytes);
        }
        switch (_state)
        {
            case ParseState.BlockId:
                _byId ??= _header.Entries.Where(e => e.HasData).ToDictionary(e => e.Id);
                if (!_byId.TryGetValue(number, out _entry) || _entry.IsComplete)
                {
                    throw DumpFailure.Unsupported($"it contains data of object {number}, which is not in its header, or contains it twice");
                }
                (_lines, _rowBytes) = (0, 0);
                segments?.BeginEntry(_entry);
                if (_blockType == LargeObjectBlock)
                {
                    segments?.Append([LargeObjectBlock]);
                    segments?.Append(bytes);
                }

                _state = _blockType == TableBlock ? ParseState.ChunkLength : ParseState.LargeObject;
                break;
            case ParseState.LargeObject when number == 0:
                EndBlock();
                break;
            case ParseState.LargeObject:
                LargeObjects++;
                _state = ParseState.ChunkLength;
                break;
            case ParseState.ChunkLength when number > 0:
                _chunkLeft = number;
                _state = ParseState.Chunk;
                break;
            case ParseState.ChunkLength when number == 0 && _blockType == LargeObjectBlock:
                _state = ParseState.LargeObject;
                break;
            case ParseState.ChunkLength when number == 0:
                EndBlock();
                break;
            default:
                throw DumpFailure.Unsupported($"a chunk of the data of {_entry?.Name} has {number} bytes");
        }
    }

    private void EndBlock()
    {
        if (_blockType == TableBlock)
        {
            _entry!.Rows =
                _lines >= TrailingLines
                    ? _lines - TrailingLines
                    : throw DumpFailure.Unsupported($"the rows of {_entry.Name} do not end as COPY ends");
        }
        _entry!.IsComplete = true;
        segments?.EndEntry();
        _state = ParseState.BlockType;
    }
}
