using System.Buffers.Binary;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Frames;

/// <summary>
/// Where each frame lies: the end of the file in the zstd seekable format, version 0.1.0 (contrib/seekable_format of
/// zstd). Entries have no checksums, the frames do.
/// </summary>
internal sealed class SeekTable
{
    /// <summary>Bytes of the footer, which ends the file.</summary>
    public const int FooterBytes = 9;

    /// <summary>Most bytes that a frame may decompress to; archives have 1 MiB, hostile ones are refused.</summary>
    public const int LargestFrame = 8 << 20;

    /// <summary>Most bytes that a table may have: 64 TiB in frames of 1 MiB.</summary>
    public const int LargestTable = 512 << 20;

    /// <summary>
    /// The compressed stream's length leaves this remainder when divided by <see cref="LengthModulus"/>; a skippable
    /// frame before the table sees to it.
    /// An age file whose end is damaged can so be told from one that was cut.
    /// </summary>
    public const int LengthRemainder = 1;

    /// <summary>See <see cref="LengthRemainder"/>.</summary>
    public const int LengthModulus = 512;

    private const uint PaddingMagic = 0x184D2A50;
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

    /// <summary>Whether <paramref name="padding"/>, which follows the last frame, is what the writer puts there.</summary>
    public static bool IsPadding(ReadOnlySpan<byte> padding) =>
        BinaryPrimitives.ReadUInt32LittleEndian(padding) == PaddingMagic
        && BinaryPrimitives.ReadInt32LittleEndian(padding[4..]) == padding.Length - HeaderBytes
        && !padding[HeaderBytes..].ContainsAnyExcept((byte)0);

    /// <summary>Bytes of all frames, where the padding begins.</summary>
    public long StoredLength => _stored[^1];

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

    /// <summary>Whether a whole compressed stream can have <paramref name="length"/> bytes.</summary>
    public static bool CanBeLength(long length) => length % LengthModulus == LengthRemainder;

    /// <summary>The skippable frame, all zeros, that goes before the table of these frames.</summary>
    public static byte[] Padding(IReadOnlyList<(uint Stored, uint Content)> frames)
    {
        var others = frames.Sum(f => (long)f.Stored) + HeaderBytes + ((frames.Count + 1) * EntryBytes) + FooterBytes;
        var length = (int)((((LengthRemainder - others - HeaderBytes) % LengthModulus) + LengthModulus) % LengthModulus) + HeaderBytes;
        var padding = new byte[length];
        BinaryPrimitives.WriteUInt32LittleEndian(padding, PaddingMagic);
        BinaryPrimitives.WriteInt32LittleEndian(padding.AsSpan(4), length - HeaderBytes);
        return padding;
    }

    /// <summary>The table's own bytes for frames of these sizes, the padding last.</summary>
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

    /// <summary>
    /// Reads the whole table of a file with <paramref name="fileLength"/> bytes; every byte of the file must be
    /// accounted for.
    /// </summary>
    public static SeekTable Read(ReadOnlySpan<byte> table, long fileLength, string file)
    {
        if (
            BinaryPrimitives.ReadUInt32LittleEndian(table) != SkippableMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(table[4..]) != table.Length - HeaderBytes
            || table[^5] != 0
        )
        {
            throw ArchiveFailure.Corrupt(file, "its seek table is damaged");
        }
        var count = (table.Length - HeaderBytes - FooterBytes) / EntryBytes;
        if (count < 2)
        {
            throw ArchiveFailure.Corrupt(file, $"its seek table names {count} frames");
        }
        var stored = new long[count + 1];
        var content = new long[count + 1];
        for (var i = 0; i < count; i++)
        {
            var entry = table[(HeaderBytes + (i * EntryBytes))..];
            var (storedBytes, contentBytes) = (
                BinaryPrimitives.ReadUInt32LittleEndian(entry),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])
            );
            var isPadding = i == count - 1 && contentBytes == 0 && storedBytes is >= HeaderBytes and < HeaderBytes + LengthModulus;
            if (
                !isPadding
                && (
                    i == count - 1
                    || contentBytes is 0 or > LargestFrame
                    || storedBytes == 0
                    || storedBytes > ZstdPool.Bound((int)contentBytes)
                )
            )
            {
                throw ArchiveFailure.Corrupt(file, $"its seek table gives frame {i} an impossible size");
            }
            stored[i + 1] = stored[i] + storedBytes;
            content[i + 1] = content[i] + contentBytes;
        }

        if (stored[^1] + table.Length != fileLength)
        {
            throw ArchiveFailure.Corrupt(
                file,
                $"its frames and seek table have {stored[^1] + table.Length} bytes, the file has {fileLength}"
            );
        }
        return new(stored[..^1], content[..^1]);
    }
}
