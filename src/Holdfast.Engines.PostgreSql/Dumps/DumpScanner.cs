using System.Buffers.Binary;
using System.Numerics;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// Reads a dump in custom format, without compression, as it passes by: the head, and how many rows each table has. A
/// row of COPY's text ends with
/// the only new line in it, so rows are counted by them. pg_dump up to 17 writes a chunk for each row, so what is done
/// for a chunk must be little: lines are counted over many chunks at once.
/// </summary>
/// <param name="pieces">Takes up what stands in its blocks; null where that goes by unseen.</param>
internal sealed class DumpScanner(DumpPieces? pieces = null)
{
    private const byte TableBlock = 1,
        LargeObjectBlock = 3;
    private const int LinesBehindRows = 3; // \. and two empty lines end the rows of a table

    private readonly DumpHead _head = new();
    private readonly byte[] _number = new byte[HeadReader.IntBytes];
    private Dictionary<int, TocEntry>? _byId;
    private Expect _expect = Expect.BlockType;
    private int _numberBytes;
    private long _chunkLeft;
    private byte _blockType;
    private TocEntry? _entry;
    private long _lines;
    private long _rowBytes; // of a row whose end did not come yet

    private enum Expect
    {
        BlockType,
        BlockId,
        LargeObject,
        ChunkLength,
        Chunk,
    }

    /// <summary>The head.</summary>
    public DumpHead Head => _head;

    /// <summary>Number of large objects.</summary>
    public long LargeObjects { get; private set; }

    /// <summary>Takes the next bytes in.</summary>
    public void Scan(ReadOnlySpan<byte> bytes)
    {
        if (!_head.IsComplete)
        {
            bytes = bytes[_head.Take(bytes)..];
        }
        while (!bytes.IsEmpty)
        {
            if (_expect == Expect.Chunk)
            {
                bytes = ScanChunk(bytes);
            }
            else if (_expect == Expect.BlockType)
            {
                _blockType = bytes[0];
                if (_blockType is not (TableBlock or LargeObjectBlock))
                {
                    throw DumpFailure.Unknown($"a block of its data has the type {_blockType}");
                }
                bytes = bytes[1..];
                _expect = Expect.BlockId;
            }
            else if (
                _numberBytes == 0
                && _expect == Expect.ChunkLength
                && _blockType == TableBlock
                && CountWholeChunks(bytes) is > 0 and var counted
            )
            {
                bytes = bytes[counted..];
            }
            else if (_numberBytes == 0 && bytes.Length >= HeadReader.IntBytes)
            {
                Take(bytes[..HeadReader.IntBytes]);
                bytes = bytes[HeadReader.IntBytes..];
            }
            else
            {
                _number[_numberBytes++] = bytes[0];
                bytes = bytes[1..];
                if (_numberBytes < HeadReader.IntBytes)
                {
                    continue;
                }
                _numberBytes = 0;
                Take(_number);
            }
        }
    }

    /// <summary>Says that nothing follows. Throws where something should.</summary>
    public void Complete()
    {
        if (!_head.IsComplete)
        {
            throw DumpFailure.Cut("its head is not whole");
        }
        if (_expect != Expect.BlockType)
        {
            throw DumpFailure.Cut($"the data of {_entry?.Name} are not whole");
        }
        if (_head.Entries.FirstOrDefault(e => e.HasData && !e.IsComplete) is { } missing)
        {
            throw DumpFailure.Cut($"the data of {missing.Name} are missing");
        }
    }

    // The lengths between the rows may hold the byte of a new line too.
    private int CountWholeChunks(ReadOnlySpan<byte> bytes)
    {
        var (at, ofLengths, chunks) = (0, 0, 0);
        while (bytes.Length - at > HeadReader.IntBytes)
        {
            var number = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 1)..]);
            if (bytes[at] != 0 || number == 0 || number > bytes.Length - at - HeadReader.IntBytes)
            {
                break;
            }
            ofLengths += NewLines(number);
            chunks++;
            pieces?.Add(bytes.Slice(at + HeadReader.IntBytes, (int)number));
            at += HeadReader.IntBytes + (int)number;
        }

        Count(bytes[..at].Count((byte)'\n') - ofLengths, at - (chunks * HeadReader.IntBytes));
        return at;
    }

    // A row that matters for its size is far larger than what comes at once. So it is enough to know what came without a new line.
    private void Count(int lines, int bytes)
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

    // How many of the four bytes are new lines: those that are zero after the exclusive or keep their highest bit clear in the sum.
    private static int NewLines(uint bytes)
    {
        var x = bytes ^ 0x0A0A0A0A;
        return BitOperations.PopCount(~(((x & 0x7F7F7F7F) + 0x7F7F7F7F) | x | 0x7F7F7F7F));
    }

    private ReadOnlySpan<byte> ScanChunk(ReadOnlySpan<byte> bytes)
    {
        var length = (int)Math.Min(_chunkLeft, bytes.Length);
        pieces?.Add(bytes[..length]);
        if (_blockType == TableBlock)
        {
            Count(bytes[..length].Count((byte)'\n'), length);
        }
        _chunkLeft -= length;
        if (_chunkLeft == 0)
        {
            _expect = Expect.ChunkLength;
        }
        return bytes[length..];
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        var number = HeadReader.Int(bytes);
        if (_blockType == LargeObjectBlock && _expect != Expect.BlockId)
        {
            pieces?.Add(bytes);
        }
        switch (_expect)
        {
            case Expect.BlockId:
                _byId ??= _head.Entries.Where(e => e.HasData).ToDictionary(e => e.Id);
                if (!_byId.TryGetValue(number, out _entry) || _entry.IsComplete)
                {
                    throw DumpFailure.Unknown($"it holds data of an object {number}, which its head does not have, or twice");
                }
                (_lines, _rowBytes) = (0, 0);
                pieces?.Begin(_entry);
                if (_blockType == LargeObjectBlock)
                {
                    pieces?.Add([LargeObjectBlock]);
                    pieces?.Add(bytes);
                }

                _expect = _blockType == TableBlock ? Expect.ChunkLength : Expect.LargeObject;
                break;
            case Expect.LargeObject when number == 0:
                EndBlock();
                break;
            case Expect.LargeObject:
                LargeObjects++;
                _expect = Expect.ChunkLength;
                break;
            case Expect.ChunkLength when number > 0:
                _chunkLeft = number;
                _expect = Expect.Chunk;
                break;
            case Expect.ChunkLength when number == 0 && _blockType == LargeObjectBlock:
                _expect = Expect.LargeObject;
                break;
            case Expect.ChunkLength when number == 0:
                EndBlock();
                break;
            default:
                throw DumpFailure.Unknown($"a piece of the data of {_entry?.Name} has {number} bytes");
        }
    }

    private void EndBlock()
    {
        if (_blockType == TableBlock)
        {
            _entry!.Rows =
                _lines >= LinesBehindRows
                    ? _lines - LinesBehindRows
                    : throw DumpFailure.Unknown($"the rows of {_entry.Name} do not end as COPY ends");
        }
        _entry!.IsComplete = true;
        pieces?.End();
        _expect = Expect.BlockType;
    }
}
