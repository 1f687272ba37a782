namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// A value that is written piece by piece, because it is too long for one stretch of the pipe's memory. It stays where
/// SQLite holds it.
/// </summary>
internal sealed unsafe class LongValueWriter(nint bytes, int length, TextForm form, byte substitute)
{
    private const int Piece = 16 * 1024;
    private int _done = -1;

    /// <summary>Bytes that it has as SQL: a quote counts twice, and so does each byte that is written as hexadecimal digits.</summary>
    public long SqlBytes =>
        ValueFormatter.MaxOverhead
        + (
            form is TextForm.Plain or TextForm.Replace
                ? length + (long)new ReadOnlySpan<byte>((byte*)bytes, length).Count((byte)'\'')
                : 2L * length
        );

    /// <summary>Writes what fits; true when the value is complete.</summary>
    public bool TryWrite(ref byte* at, byte* end)
    {
        if (_done < 0)
        {
            if (end - at < ValueFormatter.MaxOverhead)
            {
                return false;
            }
            at = ValueFormatter.WritePrefix(at, form);
            _done = 0;
        }

        while (_done < length)
        {
            var piece = Math.Min(Piece, length - _done);
            if (end - at < 2 * piece)
            {
                return false;
            }
            at = ValueFormatter.WriteBody(at, new((byte*)bytes + _done, piece), form, substitute);
            _done += piece;
        }

        if (end - at < ValueFormatter.MaxOverhead)
        {
            return false;
        }
        at = ValueFormatter.WriteSuffix(at, form, substitute);
        return true;
    }
}
