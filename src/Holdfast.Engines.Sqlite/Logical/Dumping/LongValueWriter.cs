namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes a value in segments because it is too long for one buffer of the pipe. The value stays in SQLite's memory.
/// </summary>
internal sealed unsafe class LongValueWriter(nint bytes, int length, TextForm form, byte substitute)
{
    private const int SegmentBytes = 16 * 1024;
    private int _done = -1;

    /// <summary>
    /// Length as SQL in bytes: a quote counts twice, and so does each byte that is written as hexadecimal digits.
    /// </summary>
    public long SqlBytes =>
        ValueFormatter.MaxOverhead
        + (
            form is TextForm.Plain or TextForm.Replace
                ? length + (long)new ReadOnlySpan<byte>((byte*)bytes, length).Count((byte)'\'')
                : 2L * length
        );

    /// <summary>Writes as much as fits; returns true when the value is complete.</summary>
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
            var segment = Math.Min(SegmentBytes, length - _done);
            if (end - at < 2 * segment)
            {
                return false;
            }
            at = ValueFormatter.WriteBody(at, new((byte*)bytes + _done, segment), form, substitute);
            _done += segment;
        }

        if (end - at < ValueFormatter.MaxOverhead)
        {
            return false;
        }
        at = ValueFormatter.WriteSuffix(at, form, substitute);
        return true;
    }
}
