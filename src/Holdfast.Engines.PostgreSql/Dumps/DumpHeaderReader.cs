using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>Reads the numbers and texts of a dump's head, as far as they are there.</summary>
/// <param name="bytes">What is there.</param>
/// <param name="encoding">How its texts are read.</param>
internal ref struct DumpHeaderReader(ReadOnlySpan<byte> bytes, Encoding encoding)
{
    /// <summary>Bytes of a number: its sign, and four from the lowest on.</summary>
    public const int IntBytes = 5;

    private const int MaxTextBytes = 256 << 20;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>Whether something was asked for that is not there yet. All that was read since is worth nothing.</summary>
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
    public byte ReadByte() => Take(1) is { IsEmpty: false } taken ? taken[0] : (byte)0;

    /// <summary>Reads a number.</summary>
    public int ReadInt() => Take(IntBytes) is { IsEmpty: false } taken ? ReadInt(taken) : 0;

    /// <summary>Reads a text; null where there is none.</summary>
    public string? ReadText()
    {
        var length = ReadInt();
        return length < 0 ? null : encoding.GetString(Take(CheckLength(length)));
    }

    /// <summary>Passes over a text.</summary>
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

    /// <summary>Passes over bytes.</summary>
    public void Skip(int count) => Take(count);

    private static int CheckLength(int length) =>
        length <= MaxTextBytes ? length : throw DumpFailure.Unsupported($"a text in its head has {length} bytes");

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
