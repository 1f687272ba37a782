using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>Reads the numbers and texts of a dump's header, as far as they have arrived.</summary>
/// <param name="bytes">The bytes that have arrived.</param>
/// <param name="encoding">How texts are decoded.</param>
internal ref struct DumpHeaderReader(ReadOnlySpan<byte> bytes, Encoding encoding)
{
    /// <summary>Length of a number in bytes: its sign, and four bytes, little-endian.</summary>
    public const int IntBytes = 5;

    private const int MaxTextBytes = 256 << 20;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Number of bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>Whether a read exceeded the available bytes. Everything that was read since is invalid.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Reads a number.</summary>
    public static int ReadInt(ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
        return bytes[0] switch
        {
            0 => value,
            1 => -value,
            _ => throw DumpFailure.Unsupported($"a number has the sign {bytes[0]}"),
        };
    }

    /// <summary>Reads one byte.</summary>
    public byte ReadByte() => Take(1) is { IsEmpty: false } consumed ? consumed[0] : (byte)0;

    /// <summary>Reads a number.</summary>
    public int ReadInt() => Take(IntBytes) is { IsEmpty: false } consumed ? ReadInt(consumed) : 0;

    /// <summary>Reads a text; returns null if there is none.</summary>
    public string? ReadText()
    {
        var length = ReadInt();
        return length < 0 ? null : encoding.GetString(Take(CheckLength(length)));
    }

    /// <summary>Skips a text.</summary>
    /// <returns>Whether there was one.</returns>
    public bool SkipText()
    {
        var length = ReadInt();
        if (length > 0)
        {
            Take(CheckLength(length));
        }
        return length >= 0 && !IsIncomplete;
    }

    /// <summary>Skips bytes.</summary>
    public void Skip(int count) => Take(count);

    private static int CheckLength(int length) =>
        length <= MaxTextBytes ? length : throw DumpFailure.Unsupported($"a text in its header has {length} bytes");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (IsIncomplete || count > _bytes.Length - Position)
        {
            IsIncomplete = true;
            return default;
        }

        Position += count;
        return _bytes.Slice(Position - count, count);
    }
}
