using System.Buffers.Text;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>Writes the values of a row as SQL without allocating an object per value.</summary>
/// <param name="row">The row.</param>
/// <param name="utf16">Converts the database's text; null if it is UTF-8.</param>
/// <param name="table">The table that they belong to.</param>
/// <param name="path">Path of the database, for errors.</param>
internal sealed unsafe class ValueWriter(StoredRow row, Utf16Converter? utf16, TableInfo table, string path)
{
    private readonly ColumnInfo[] _columns = [.. table.Columns];

    /// <summary>Writes one value if it certainly fits.</summary>
    public bool TryWrite(ref byte* at, byte* end, int column)
    {
        ref readonly var value = ref row[column];
        Check(column, value);
        switch (value.Type)
        {
            case TypeInteger:
                if (end - at < 32)
                {
                    return false;
                }
                Utf8Formatter.TryFormat(value.Bits, new Span<byte>(at, 32), out var digits);
                at += digits;
                return true;
            case TypeFloat:
                if (end - at < RealFormatter.MaxLength)
                {
                    return false;
                }
                at = RealFormatter.Write(at, value.Real);
                return true;
            case TypeText:
                return TryWriteText(ref at, end, value);
            case TypeBlob:
                if (end - at < (2L * value.Length) + ValueFormatter.MaxOverhead)
                {
                    return false;
                }
                at = WriteWhole(at, value.Bytes, TextForm.Blob, 0);
                return true;
            default:
                if (end - at < 8)
                {
                    return false;
                }
                at = ValueFormatter.Copy(at, "NULL"u8);
                return true;
        }
    }

    /// <summary>Begins to write a text or blob that does not fit into one buffer.</summary>
    public LongValueWriter BeginLong(int column)
    {
        ref readonly var value = ref row[column];
        var bytes = value.Start;
        var length = value.Length;
        var (form, substitute) = (TextForm.Blob, (byte)0);
        if (value.Type == TypeText)
        {
            var text = value.Bytes;
            (form, substitute) =
                utf16 is null || utf16.TryConvert(text, out text) ? ValueFormatter.ChooseForm(text) : (TextForm.Cast, (byte)0);
            if (form != TextForm.Cast)
            {
                fixed (byte* start = text)
                {
                    bytes = start; // memory of SQLite or a pinned array: it does not move
                }
                length = text.Length;
            }
        }

        return new((nint)bytes, length, form, substitute);
    }

    // A value that its column would convert or reject cannot have been stored under the current declaration: the type
    // was changed with writable_schema, or another version of SQLite wrote it.
    private void Check(int column, in StoredValue value)
    {
        var (name, affinity, isNotNull) = _columns[column];
        var problem = value.Type switch
        {
            TypeNull => isNotNull ? "NULL, which the column does not accept" : null,
            TypeInteger => affinity is ColumnAffinity.Text or ColumnAffinity.StrictText or ColumnAffinity.StrictBlob
                ? "an integer, which would become text"
                : null,
            TypeFloat => affinity switch
            {
                ColumnAffinity.Text or ColumnAffinity.StrictText or ColumnAffinity.StrictBlob =>
                    "a floating-point number, which would become text",
                ColumnAffinity.Numeric or ColumnAffinity.StrictInteger when AffinityRules.IsWhole(value.Real) =>
                    "a floating-point number that would become an integer",
                ColumnAffinity.StrictInteger => "a floating-point number, which the column does not accept",
                ColumnAffinity.Real or ColumnAffinity.StrictReal when BitConverter.DoubleToInt64Bits(value.Real) == long.MinValue =>
                    "a negative zero, which would lose its sign",
                _ => null,
            },
            TypeText => affinity switch
            {
                ColumnAffinity.Numeric or ColumnAffinity.Real when LooksLikeNumber(value) => "text that would become a number",
                ColumnAffinity.StrictInteger or ColumnAffinity.StrictReal or ColumnAffinity.StrictBlob =>
                    "text, which the column does not accept",
                _ when utf16 is not null && value.Length % 2 != 0 => "UTF-16 text that ends with half a character, which would be lost",
                _ => null,
            },
            _ => affinity is ColumnAffinity.StrictInteger or ColumnAffinity.StrictReal or ColumnAffinity.StrictText
                ? "a blob, which the column does not accept"
                : null,
        };
        if (problem is not null)
        {
            throw Sql.NotExportable(
                $"'{path}' has a value in table \"{table.Name}\" that its column \"{name}\" would convert or reject: {problem}."
            );
        }
    }

    private bool LooksLikeNumber(in StoredValue value)
    {
        var text = value.Bytes;
        if (text.Length == 0)
        {
            return false;
        }
        if (utf16 is not null)
        {
            if (text.Length > 4096 || !utf16.TryConvert(text, out var converted))
            {
                return false;
            }
            text = converted;
        }

        return AffinityRules.LooksLikeNumber(text);
    }

    private bool TryWriteText(ref byte* at, byte* end, in StoredValue value)
    {
        if (end - at < (2L * value.Length) + ValueFormatter.MaxOverhead)
        {
            return false;
        }
        var text = value.Bytes;
        if (utf16 is null)
        {
            var simple = ValueFormatter.TryWriteSimple(at, value.Start, value.Length);
            if (simple is not null)
            {
                at = simple;
                return true;
            }
        }
        else if (!utf16.TryConvert(text, out text))
        {
            at = WriteWhole(at, value.Bytes, TextForm.Cast, 0);
            return true;
        }

        var (form, substitute) = ValueFormatter.ChooseForm(text);
        if (form == TextForm.Cast)
        {
            text = value.Bytes; // as stored
        }
        if (end - at < (2L * text.Length) + ValueFormatter.MaxOverhead)
        {
            return false;
        }
        at = WriteWhole(at, text, form, substitute);
        return true;
    }

    private static byte* WriteWhole(byte* at, ReadOnlySpan<byte> value, TextForm form, byte substitute) =>
        ValueFormatter.WriteSuffix(
            ValueFormatter.WriteBody(ValueFormatter.WritePrefix(at, form), value, form, substitute),
            form,
            substitute
        );
}
