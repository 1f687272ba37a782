using System.Buffers.Binary;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Frames;

/// <summary>
/// The positions of the frames: the end of the file in the zstd seekable format, version 0.1.0 (contrib/seekable_format of zstd). Entries
/// have no checksums; the frames have.
/// </summary>
internal sealed class SeekTable
{
    /// <summary>Size of the footer at the end of the file, in bytes.</summary>
    public const int FooterBytes = 9;

    /// <summary>Maximum decompressed size of a frame, in bytes. Archives have 1 MiB; larger frames are refused as hostile.</summary>
    public const int LargestFrame = 8 << 20;

    /// <summary>Maximum size of a table, in bytes: 64 TiB in frames of 1 MiB.</summary>
    public const int LargestTable = 512 << 20;

    /// <summary>
    /// Remainder of the length of the compressed stream modulo <see cref="LengthModulus"/>, which a skippable frame before the table
    /// ensures. It distinguishes an age file with a damaged end from a truncated one.
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

    /// <summary>Size of all content, in bytes.</summary>
    public long ContentLength => _content[^1];

    /// <summary>Whether the bytes after the last frame are the writer's padding.</summary>
    public static bool IsPadding(ReadOnlySpan<byte> padding) =>
        BinaryPrimitives.ReadUInt32LittleEndian(padding) == PaddingMagic
        && BinaryPrimitives.ReadInt32LittleEndian(padding[4..]) == padding.Length - HeaderBytes
        && !padding[HeaderBytes..].ContainsAnyExcept((byte)0);

    /// <summary>Size of all frames, in bytes: the offset of the padding.</summary>
    public long StoredLength => _stored[^1];

    /// <summary>Returns the position of frame <paramref name="frame"/> in the file.</summary>
    public (long Offset, int Length) Stored(int frame) => (_stored[frame], (int)(_stored[frame + 1] - _stored[frame]));

    /// <summary>Returns the position of the content of frame <paramref name="frame"/> in the tar stream.</summary>
    public (long Offset, int Length) Content(int frame) => (_content[frame], (int)(_content[frame + 1] - _content[frame]));

    /// <summary>Returns the frame that contains the content at <paramref name="offset"/>.</summary>
    public int FrameAt(long offset)
    {
        var found = Array.BinarySearch(_content, offset);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>Whether a complete compressed stream can have <paramref name="length"/> bytes.</summary>
    public static bool CanBeLength(long length) => length % LengthModulus == LengthRemainder;

    /// <summary>Creates the skippable frame, all zeros, that precedes the table of these frames.</summary>
    public static byte[] Padding(IReadOnlyList<(uint Stored, uint Content)> frames)
    {
        var others = frames.Sum(f => (long)f.Stored) + HeaderBytes + ((frames.Count + 1) * EntryBytes) + FooterBytes;
        var length = (int)((((LengthRemainder - others - HeaderBytes) % LengthModulus) + LengthModulus) % LengthModulus) + HeaderBytes;
        var padding = new byte[length];
        BinaryPrimitives.WriteUInt32LittleEndian(padding, PaddingMagic);
        BinaryPrimitives.WriteInt32LittleEndian(padding.AsSpan(4), length - HeaderBytes);
        return padding;
    }

    /// <summary>Creates the table for frames of these sizes, including the padding frame.</summary>
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

    /// <summary>Returns the size of the table from the footer; null if the file does not end with one.</summary>
    public static long? TableBytes(ReadOnlySpan<byte> footer) =>
        BinaryPrimitives.ReadUInt32LittleEndian(footer[5..]) == SeekableMagic
            ? HeaderBytes + ((long)BinaryPrimitives.ReadUInt32LittleEndian(footer) * EntryBytes) + FooterBytes
            : null;

    /// <summary>Parses the table of a file of <paramref name="fileLength"/> bytes; every byte of the file must be accounted for.</summary>
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
            throw ArchiveFailure.Corrupt(file, $"its seek table lists {count} frames");
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
                $"its frames and seek table have {stored[^1] + table.Length} bytes, but the file has {fileLength}"
            );
        }
        return new(stored[..^1], content[..^1]);
    }
}
