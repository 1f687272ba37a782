using System.Text;
using CsCheck;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

/// <summary>Random tables with names and values of any kind.</summary>
internal static class RandomSql
{
    private static readonly Gen<string> Name = Gen.OneOf(
        Any("a", "select", "rowid", "oid", "_rowid_", "", "a\"b", "it's", "x y", "ü😀", "--", "/*", ";", "[", "`", "new\nline", "VALUES"),
        Gen.String[Gen.Char['a', 'f'], 1, 3]
    );

    /// <summary>A value as SQL.</summary>
    public static readonly Gen<string> Value = Gen.OneOf(
        Gen.Const("NULL"),
        Gen.Long.Select(n => n == long.MinValue ? "-9223372036854775808" : $"{n}"),
        Gen.Int[-3, 3].Select(n => $"{n}"),
        Gen.Double.Select(d => double.IsFinite(d) ? $"CAST({d:E16} AS REAL)" : "9e999"),
        Gen.Double[-1000, 1000].Select(d => $"{Math.Round(d, 2):F2}"),
        Gen.String.Select(s => $"CAST(x'{Convert.ToHexString(Encoding.UTF8.GetBytes(s))}' AS TEXT)"),
        Any(
            "'it''s'",
            "char(13,10)||'x'",
            "char(0)",
            "''",
            "x''",
            "'9e5'",
            "' 1'",
            "'-0'",
            "-0.0",
            "CAST(x'ff0041' AS TEXT)",
            "char(1,13,10)"
        ),
        Gen.Byte.Array[0, 200].Select(bytes => $"x'{Convert.ToHexString(bytes)}'"),
        Gen.Int[0, 180].Select(n => $"replace(hex(zeroblob({n * n})),'0','é''')")
    );

    /// <summary>A table with rows, as SQL with the placeholders <c>@table</c> and <c>@index</c>.</summary>
    public static readonly Gen<string> Table = Gen.Select(
            Name.List[1, 6],
            Any("", "INT", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", "DATETIME").List[6],
            Gen.Int[0, 5],
            Value.List[0, 60],
            Gen.Bool
        )
        .Select((names, types, shape, values, hasIndex) => Statements(names, types, shape, values, hasIndex));

    /// <summary>Returns one of <paramref name="values"/>.</summary>
    public static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Statements(List<string> names, List<string> types, int shape, List<string> values, bool hasIndex)
    {
        var columns = names
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Select((name, i) => $"\"{name.Replace("\"", "\"\"")}\" {(shape == 1 && types[i] == "INTEGER" ? "INT" : types[i])}")
            .ToList();
        var quoted = columns.Select(column => column[..(column.LastIndexOf('"') + 1)]).ToList();
        var extra = shape switch
        {
            1 => ", PRIMARY KEY(" + quoted[0] + "))",
            2 => $", PRIMARY KEY({string.Join(',', quoted)})) WITHOUT ROWID",
            3 => ", z_id INTEGER PRIMARY KEY)",
            4 => $", z_gen AS (typeof({quoted[0]})) STORED, z_virtual AS (coalesce({quoted[0]}, 'x')))",
            _ => ")",
        };
        var sql = new StringBuilder($"CREATE TABLE @table({string.Join(',', columns)}{extra};");
        for (var i = 0; i + columns.Count <= values.Count; i += columns.Count)
        {
            sql.Append(
                $"INSERT OR IGNORE INTO @table({string.Join(',', quoted)}) VALUES({string.Join(',', values.GetRange(i, columns.Count))});"
            );
        }
        if (shape is 0 or 4)
        {
            sql.Append($"DELETE FROM @table WHERE length(quote({quoted[0]})) % 3 = 0;");
        }
        if (hasIndex)
        {
            sql.Append($"CREATE INDEX @index ON @table({quoted[^1]} DESC);");
        }
        return sql.ToString();
    }
}
