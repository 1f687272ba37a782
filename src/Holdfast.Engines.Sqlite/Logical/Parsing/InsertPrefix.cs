namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>
/// Reads the part of an INSERT before its rows, in the only form that a backup contains: <c>INSERT INTO "t"(rowid,"a")
/// VALUES</c>.
/// </summary>
internal static class InsertPrefix
{
    /// <summary>Reads the prefix.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="length">Length of the prefix in bytes, up to the first row.</param>
    /// <param name="table">Name of the table, with quotes still doubled.</param>
    public static bool TryRead(ReadOnlySpan<byte> sql, out int length, out ReadOnlySpan<byte> table)
    {
        table = default;
        var rest = sql;
        length = 0;
        if (!TryTake(ref rest, "INSERT INTO "u8))
        {
            return false;
        }
        var named = rest;
        if (!TrySkipName(ref rest))
        {
            return false;
        }
        table = named[1..(named.Length - rest.Length - 1)];
        if (TryTake(ref rest, "("u8))
        {
            do
            {
                if (
                    !TryTake(ref rest, "rowid"u8)
                    && !TryTake(ref rest, "_rowid_"u8)
                    && !TryTake(ref rest, "oid"u8)
                    && !TrySkipName(ref rest)
                )
                {
                    return false;
                }
            } while (TryTake(ref rest, ","u8));
            if (!TryTake(ref rest, ")"u8))
            {
                return false;
            }
        }

        if (!TryTake(ref rest, " VALUES\n"u8) && !TryTake(ref rest, " VALUES"u8))
        {
            return false;
        }
        length = sql.Length - rest.Length;
        return true;
    }

    /// <summary>Whether the table contains statistics.</summary>
    public static bool IsStatisticsTable(ReadOnlySpan<byte> table) => table.StartsWith("sqlite_stat"u8);

    /// <summary>Counts the values of the first row in <paramref name="rows"/>.</summary>
    public static int CountValues(ReadOnlySpan<byte> rows)
    {
        var (count, depth, quoted) = (1, 0, false);
        foreach (var b in rows)
        {
            if (b == '\'')
            {
                quoted = !quoted;
            }
            if (quoted)
            {
                continue;
            }
            if (b == '(')
            {
                depth++;
            }
            else if (b == ',' && depth == 1)
            {
                count++;
            }
            else if (b == ')' && --depth == 0)
            {
                break;
            }
        }

        return count;
    }

    private static bool TrySkipName(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != '"')
        {
            return false;
        }
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] != '"')
            {
                continue;
            }
            if (i + 1 < rest.Length && rest[i + 1] == '"')
            {
                i++;
                continue;
            }

            rest = rest[(i + 1)..];
            return true;
        }

        return false;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> text)
    {
        if (!rest.StartsWith(text))
        {
            return false;
        }
        rest = rest[text.Length..];
        return true;
    }
}
