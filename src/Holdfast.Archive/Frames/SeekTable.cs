using System.Buffers.Binary;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Frames;

/// <summary>Where each frame lies: the end of the file in the zstd seekable format, version 0.1.0 (contrib/seekable_format of zstd). Entries have no checksums, the frames do.</summary>
internal sealed class SeekTable
{
    /// <summary>Bytes of the footer, which ends the file.</summary>
    public const int FooterBytes = 9;

    /// <summary>Most bytes that a frame may decompress to; archives have 1 MiB, hostile ones are refused.</summary>
    public const int LargestFrame = 8 << 20;

    private const uint SkippableMagic = 0x184D2A5E;
    private const uint SeekableMagic = 0x8F92EAB1;
    private const int HeaderBytes = 8;
    private const int EntryBytes = 8;

    private readonly long[] _stored; // offset of each frame in the file, and the end
    private readonly long[] _content; // offset of each frame's content, and the end

    private SeekTable(long[] stored, long[] content)
    {
        _stored = stored;
        _content = content;
    }

    /// <summary>Number of frames.</summary>
    public int Count => _stored.Length - 1;

    /// <summary>Bytes of all content.</summary>
    public long ContentLength => _content[^1];

    /// <summary>Where frame <paramref name="frame"/> lies in the file.</summary>
    public (long Offset, int Length) Stored(int frame) => (_stored[frame], (int)(_stored[frame + 1] - _stored[frame]));

    /// <summary>Where the content of frame <paramref name="frame"/> lies in the tar stream.</summary>
    public (long Offset, int Length) Content(int frame) => (_content[frame], (int)(_content[frame + 1] - _content[frame]));

    /// <summary>The frame that holds the content at <paramref name="offset"/>.</summary>
    public int FrameAt(long offset)
    {
        var found = Array.BinarySearch(_content, offset);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The table's own bytes for frames of these sizes.</summary>
    public static byte[] Write(IReadOnlyList<(uint Stored, uint Content)> frames)
    {
        var table = new byte[HeaderBytes + (frames.Count * EntryBytes) + FooterBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(table, SkippableMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), (uint)(table.Length - HeaderBytes));
        for (var i = 0; i < frames.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(HeaderBytes + (i * EntryBytes)), frames[i].Stored);
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(HeaderBytes + (i * EntryBytes) + 4), frames[i].Content);
        }

        var footer = table.AsSpan(table.Length - FooterBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)frames.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[5..], SeekableMagic);
        return table;
    }

    /// <summary>Reads the footer: bytes of the whole table. Null where the file does not end in one.</summary>
    public static long? TableBytes(ReadOnlySpan<byte> footer) =>
        BinaryPrimitives.ReadUInt32LittleEndian(footer[5..]) == SeekableMagic
            ? HeaderBytes + ((long)BinaryPrimitives.ReadUInt32LittleEndian(footer) * EntryBytes) + FooterBytes
            : null;

    /// <summary>Reads the whole table of a file with <paramref name="fileLength"/> bytes; every byte of the file must be accounted for.</summary>
    public static SeekTable Read(ReadOnlySpan<byte> table, long fileLength, string file)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(table) != SkippableMagic || BinaryPrimitives.ReadUInt32LittleEndian(table[4..]) != table.Length - HeaderBytes || table[^5] != 0)
            throw ArchiveFailure.Corrupt(file, "its seek table is damaged");
        var count = (table.Length - HeaderBytes - FooterBytes) / EntryBytes;
        var stored = new long[count + 1];
        var content = new long[count + 1];
        for (var i = 0; i < count; i++)
        {
            var entry = table[(HeaderBytes + (i * EntryBytes))..];
            var (storedBytes, contentBytes) = (BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]));
            if (contentBytes is 0 or > LargestFrame || storedBytes == 0 || storedBytes > ZstdPool.Bound((int)contentBytes)) throw ArchiveFailure.Corrupt(file, $"its seek table gives frame {i} an impossible size");
            stored[i + 1] = stored[i] + storedBytes;
            content[i + 1] = content[i] + contentBytes;
        }

        if (stored[^1] + table.Length != fileLength) throw ArchiveFailure.Corrupt(file, $"its frames and seek table have {stored[^1] + table.Length} bytes, the file has {fileLength}");
        return new(stored, content);
    }
}
