using System.Globalization;
using System.Text;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Tar;

/// <summary>
/// The part of tar that archives use: plain files with short names in ustar headers, and a PAX header where the size needs one
/// (POSIX.1-2017, pax, "ustar Interchange Format"). The framework's writer wants a seekable or complete stream per
/// entry; here lengths come before bytes.
/// </summary>
internal static class TarFormat
{
    /// <summary>Everything in a tar stream is a multiple of this.</summary>
    public const int Block = 512;

    /// <summary>Zeros at the end of the stream.</summary>
    public const int EndBytes = 2 * Block;

    private const long LargestOctal = 0x1_FFFF_FFFF; // 11 octal digits: 8 GiB less one

    /// <summary>Most blocks of one entry's header: PAX header, its record, and the entry's own.</summary>
    public const int HeaderBlocks = 3;

    private const int LongestHeader = HeaderBlocks * Block;

    /// <summary>Zeros that follow content of <paramref name="length"/> bytes.</summary>
    public static int Padding(long length) => (int)((Block - (length % Block)) % Block);

    /// <summary>Whether content of that length needs a PAX header.</summary>
    public static bool NeedsLongHeader(long length) => length > LargestOctal;

    /// <summary>The header blocks of a file.</summary>
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
    /// Reads the header at the start of <paramref name="blocks"/>; null at the zeros that end the stream. Refuses
    /// everything that archives do not hold.
    /// </summary>
    /// <param name="blocks">Up to three blocks.</param>
    /// <param name="file">Name of the archive, for errors.</param>
    /// <param name="offset">Where the header lies in the tar stream, for errors.</param>
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
                throw ArchiveFailure.Refused(file, $"tar header at offset {offset} is longer than archives have");
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
            throw ArchiveFailure.Refused(file, $"tar entry at offset {offset} is of type '{type}', archives hold plain files only");
        }
        return new(Checked(name, file, offset), length, Block);
    }

    /// <summary>Whether a name is one that an item or part can have: no folders, nothing hidden, nothing that a shell minds.</summary>
    public static bool IsPlainName(string name) =>
        name.Length is >= 1 and <= 100
        && name[0] is not ('.' or '-')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string Checked(string name, string file, long offset) =>
        IsPlainName(name)
            ? name
            : throw ArchiveFailure.Refused(file, $"tar entry at offset {offset} is named '{Printable(name)}', which is no plain file name");

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
            throw ArchiveFailure.Corrupt(file, $"tar header at offset {offset} has a wrong checksum");
        }
        if (block.Slice(345, 155).ContainsAnyExcept((byte)0))
        {
            throw ArchiveFailure.Refused(file, $"tar entry at offset {offset} has a folder");
        }
        var name = block[..100];
        var end = name.IndexOf((byte)0);
        var length = ReadOctal(block.Slice(124, 12));
        if (length < 0)
        {
            throw ArchiveFailure.Refused(file, $"tar entry at offset {offset} has no readable size");
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
        throw ArchiveFailure.Refused(file, $"PAX header at offset {offset} holds something other than a size");
    }
}
