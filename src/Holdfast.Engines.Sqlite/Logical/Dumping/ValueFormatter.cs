using System.Globalization;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>Formats the bytes of text and blobs as SQL. The caller provides enough room.</summary>
internal static unsafe class ValueFormatter
{
    /// <summary>Maximum number of bytes that a form adds to the value's own.</summary>
    public const int MaxOverhead = 64;

    /// <summary>Copies short, simple text between quotes; returns null if the text needs another form.</summary>
    public static byte* TryWriteSimple(byte* output, byte* text, int length)
    {
        *output++ = (byte)'\'';
        var i = 0;
        for (; i + Vector128<byte>.Count <= length; i += Vector128<byte>.Count)
        {
            var block = Vector128.Load(text + i);
            var special =
                Vector128.Equals(block, Vector128<byte>.Zero)
                | Vector128.Equals(block, Vector128.Create((byte)'\r'))
                | Vector128.Equals(block, Vector128.Create((byte)'\''))
                | Vector128.GreaterThan(block, Vector128.Create((byte)0x7F));
            if (special != Vector128<byte>.Zero)
            {
                return null;
            }
            block.Store(output + i);
        }

        for (; i < length; i++)
        {
            var b = text[i];
            if (b is 0 or (byte)'\r' or (byte)'\'' or > 0x7F)
            {
                return null;
            }
            output[i] = b;
        }

        output[length] = (byte)'\'';
        return output + length + 1;
    }

    /// <summary>Chooses the form for UTF-8 text, and the character that replaces carriage returns.</summary>
    public static (TextForm Form, byte Substitute) ChooseForm(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0) || !Utf8.IsValid(text))
        {
            return (TextForm.Cast, 0);
        }
        if (text.IndexOf("\r\n"u8) < 0)
        {
            return (TextForm.Plain, 0);
        }
        for (byte substitute = 1; substitute <= 8; substitute++)
        {
            if (!text.Contains(substitute))
            {
                return (TextForm.Replace, substitute);
            }
        }

        return (TextForm.Cast, 0);
    }

    /// <summary>Writes the part before the value's bytes.</summary>
    public static byte* WritePrefix(byte* output, TextForm form) =>
        Copy(
            output,
            form switch
            {
                TextForm.Plain => "'"u8,
                TextForm.Replace => "replace('"u8,
                TextForm.Cast => "CAST(x'"u8,
                _ => "x'"u8,
            }
        );

    /// <summary>Writes the value's bytes or a segment of them, at most twice as many bytes.</summary>
    public static byte* WriteBody(byte* output, ReadOnlySpan<byte> value, TextForm form, byte substitute)
    {
        if (form is TextForm.Cast or TextForm.Blob)
        {
            Convert.TryToHexString(value, new Span<byte>(output, value.Length * 2), out var written);
            return output + written;
        }

        while (true)
        {
            var quote = value.IndexOf((byte)'\'');
            var run = quote < 0 ? value : value[..(quote + 1)];
            var copy = new Span<byte>(output, run.Length);
            run.CopyTo(copy);
            if (form == TextForm.Replace)
            {
                copy.Replace((byte)'\r', substitute);
            }
            output += run.Length;
            if (quote < 0)
            {
                return output;
            }
            *output++ = (byte)'\'';
            value = value[(quote + 1)..];
        }
    }

    /// <summary>Writes the part after the value's bytes.</summary>
    public static byte* WriteSuffix(byte* output, TextForm form, byte substitute)
    {
        if (form == TextForm.Cast)
        {
            return Copy(output, "' AS TEXT)"u8);
        }
        return form == TextForm.Replace
            ? Copy(output, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"',char({substitute}),char(13))")))
            : Copy(output, "'"u8);
    }

    /// <summary>Copies bytes and returns the end.</summary>
    public static byte* Copy(byte* output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(output, bytes.Length));
        return output + bytes.Length;
    }
}
