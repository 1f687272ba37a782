using System.Globalization;
using System.Text;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Tar;

/// <summary>
/// The subset of tar that archives use: regular files with short names in ustar headers, and a PAX header if the size requires it
/// (POSIX.1-2017, pax, "ustar Interchange Format"). The framework's writer needs a seekable or complete stream for each entry; here the
/// length is known before the bytes.
/// </summary>
internal static class TarFormat
{
    /// <summary>Block size; everything in a tar stream is a multiple of it.</summary>
    public const int Block = 512;

    /// <summary>Number of zero bytes at the end of the stream.</summary>
    public const int EndBytes = 2 * Block;

    private const long LargestOctal = 0x1_FFFF_FFFF; // 11 octal digits: 8 GiB less one

    /// <summary>Maximum number of header blocks of an entry: PAX header, its record, and the entry's own header.</summary>
    public const int HeaderBlocks = 3;

    private const int LongestHeader = HeaderBlocks * Block;

    /// <summary>Returns the number of padding bytes after content of <paramref name="length"/> bytes.</summary>
    public static int Padding(long length) => (int)((Block - (length % Block)) % Block);

    /// <summary>Whether content of that length needs a PAX header.</summary>
    public static bool NeedsLongHeader(long length) => length > LargestOctal;

    /// <summary>Creates the header blocks of a file.</summary>
    public static byte[] Header(string name, long length, DateTimeOffset time)
    {
        if (length <= LargestOctal)
        {
            return Ustar(name, length, '0', time);
        }
        var record = PaxRecord("size", length.ToString(CultureInfo.InvariantCulture));
        var pax = new byte[LongestHeader];
        Ustar("pax", record.Length, 'x', time).CopyTo(pax, 0);
        record.CopyTo(pax, Block);
        Ustar(name, 0, '0', time).CopyTo(pax, 2 * Block);
        return pax;
    }

    /// <summary>
    /// Parses the header at the start of <paramref name="blocks"/>; null for the zeros at the end of the stream. Refuses everything that
    /// archives do not use.
    /// </summary>
    /// <param name="blocks">Up to three blocks.</param>
    /// <param name="file">Name of the archive, for errors.</param>
    /// <param name="offset">Offset of the header in the tar stream, for errors.</param>
    public static TarEntry? Parse(ReadOnlySpan<byte> blocks, string file, long offset)
    {
        if (blocks.Length < Block)
        {
            throw ArchiveFailure.Truncated(file, $"no tar header at offset {offset}");
        }
        if (!blocks[..Block].ContainsAnyExcept((byte)0))
        {
            return null;
        }
        var (name, length, type) = Fields(blocks[..Block], file, offset);
        if (type == 'x')
        {
            if (blocks.Length < LongestHeader || length > Block)
            {
                throw ArchiveFailure.Refused(file, $"the tar header at offset {offset} is longer than those of archives");
            }
            var size = PaxSize(blocks.Slice(Block, (int)length), file, offset);
            (name, _, type) = Fields(blocks.Slice(2 * Block, Block), file, offset + (2 * Block));
            if (type is '0')
            {
                return new(Checked(name, file, offset), size, LongestHeader);
            }
        }

        if (type is not '0')
        {
            throw ArchiveFailure.Refused(
                file,
                $"the tar entry at offset {offset} is of type '{type}', but archives contain regular files only"
            );
        }
        return new(Checked(name, file, offset), length, Block);
    }

    /// <summary>Whether a name is valid for an item or part: without folders, not hidden, and safe in a shell.</summary>
    public static bool IsPlainName(string name) =>
        name.Length is >= 1 and <= 100
        && name[0] is not ('.' or '-')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string Checked(string name, string file, long offset) =>
        IsPlainName(name)
            ? name
            : throw ArchiveFailure.Refused(
                file,
                $"the tar entry at offset {offset} is named '{Printable(name)}', which is not a plain file name"
            );

    private static string Printable(string text) => string.Concat(text.Select(c => c is < ' ' or > '~' ? '?' : c));

    private static byte[] Ustar(string name, long length, char type, DateTimeOffset time)
    {
        var block = new byte[Block];
        Encoding.ASCII.GetBytes(name, block);
        Octal(block.AsSpan(100, 8), 0x180); // rw-------
        Octal(block.AsSpan(108, 8), 0);
        Octal(block.AsSpan(116, 8), 0);
        Octal(block.AsSpan(124, 12), length);
        Octal(block.AsSpan(136, 12), Math.Max(0, time.ToUnixTimeSeconds()));
        block[156] = (byte)type;
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        Octal(block.AsSpan(148, 7), Checksum(block));
        block[155] = (byte)' ';
        return block;
    }

    private static (string Name, long Length, char Type) Fields(ReadOnlySpan<byte> block, string file, long offset)
    {
        if (!block.Slice(257, 5).SequenceEqual("ustar"u8) || ReadOctal(block.Slice(148, 8)) != Checksum(block))
        {
            throw ArchiveFailure.Corrupt(file, $"the tar header at offset {offset} has a wrong checksum");
        }
        if (block.Slice(345, 155).ContainsAnyExcept((byte)0))
        {
            throw ArchiveFailure.Refused(file, $"the tar entry at offset {offset} has a folder");
        }
        var name = block[..100];
        var end = name.IndexOf((byte)0);
        var length = ReadOctal(block.Slice(124, 12));
        if (length < 0)
        {
            throw ArchiveFailure.Refused(file, $"the tar entry at offset {offset} has no valid size");
        }
        return (Encoding.Latin1.GetString(end < 0 ? name : name[..end]), length, (char)block[156]);
    }

    private static int Checksum(ReadOnlySpan<byte> block)
    {
        var sum = 0;
        for (var i = 0; i < Block; i++)
        {
            sum += i is >= 148 and < 156 ? ' ' : block[i];
        }
        return sum;
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }

    private static long ReadOctal(ReadOnlySpan<byte> field)
    {
        long value = 0;
        foreach (var digit in field)
        {
            if (digit is 0 or (byte)' ')
            {
                break;
            }
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return -1;
            }
            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    private static byte[] PaxRecord(string key, string value)
    {
        var rest = $" {key}={value}\n";
        var length = rest.Length + 1;
        while (length != rest.Length + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length++;
        }
        return Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture) + rest);
    }

    private static long PaxSize(ReadOnlySpan<byte> record, string file, long offset)
    {
        var text = Encoding.ASCII.GetString(record);
        var at = text.IndexOf(" size=", StringComparison.Ordinal);
        if (
            at > 0
            && text[^1] == '\n'
            && int.TryParse(text.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length == text.Length
            && long.TryParse(text.AsSpan((at + 6)..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
        )
        {
            return size;
        }
        throw ArchiveFailure.Refused(file, $"the PAX header at offset {offset} contains something other than a size");
    }
}
