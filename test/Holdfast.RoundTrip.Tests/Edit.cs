using System.Globalization;
using CsCheck;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests.Logical;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// A change that can be applied to any schema: the table is given by its position, and its columns are queried.
/// </summary>
internal sealed record Edit(Change Change, int Number, string Sql)
{
    public static readonly int[] PageSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];

    public static readonly Gen<Edit> Any = Gen.OneOf(
        RandomSql.Table.Select(sql => new Edit(Change.NewTable, 0, sql)),
        Gen.Select(
            Gen.Int[0, 9],
            RandomSql.Any(Change.DropTable, Change.Delete, Change.Delete, Change.DeleteAll, Change.Double, Change.Vacuum, Change.Nothing),
            (at, change) => new Edit(change, at, "")
        ),
        Gen.Select(Gen.Int[0, 9], RandomSql.Value, (at, value) => new Edit(Change.Update, at, value)),
        Gen.Select(Gen.Int[0, 9], RandomSql.Value, (at, value) => new Edit(Change.Update, at, value)),
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, 400_000], (at, size) =>
            new Edit(Change.Update, at, $"CAST(replace(hex(zeroblob({size})), '0', 'x{size}') AS BLOB)")
        ),
        RandomSql.Any(PageSizes).Select(size => new Edit(Change.PageSize, size, "")),
        RandomSql.Any("WAL", "DELETE", "TRUNCATE").Select(mode => new Edit(Change.Journal, 0, mode))
    );

    public static string Named(string table, int number) =>
        table.Replace("@table", $"\"t{number} '\"\"\"").Replace("@index", $"\"i{number}\"");

    public void Apply(SqliteConnection connection, int number)
    {
        switch (Change)
        {
            case Change.NewTable:
                connection.Execute(Named(Sql, number));
                return;
            case Change.Vacuum:
                connection.Execute("VACUUM");
                return;
            case Change.Journal:
                connection.Execute($"PRAGMA journal_mode={Sql}");
                return;
            case Change.PageSize:
                var mode = connection.QueryText("PRAGMA journal_mode");
                connection.Execute(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"PRAGMA journal_mode=DELETE; PRAGMA page_size={Number}; VACUUM; PRAGMA journal_mode={mode}"
                    )
                );
                return;
            case Change.Nothing:
                return;
        }

        var tables = Texts(
            connection,
            "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%' AND name <> 'always' ORDER BY rowid"
        );
        if (tables.Count == 0)
        {
            return;
        }
        var table = Quote(tables[Number % tables.Count]);
        var columns = Texts(
                connection,
                $"SELECT name FROM pragma_table_xinfo('{tables[Number % tables.Count].Replace("'", "''")}') WHERE hidden = 0"
            )
            .ConvertAll(Quote);
        connection.Execute(
            Change switch
            {
                Change.DropTable => $"DROP TABLE {table}",
                Change.DeleteAll => $"DELETE FROM {table}",
                Change.Delete => $"DELETE FROM {table} WHERE length(quote({columns[0]})) % 3 = {number % 3}",
                Change.Double => $"INSERT OR IGNORE INTO {table}({string.Join(',', columns.Where(c => c != "\"z_id\""))}) SELECT "
                    + $"{string.Join(',', columns.Where(c => c != "\"z_id\""))} FROM {table}",
                _ => $"UPDATE OR IGNORE {table} SET {columns.FindLast(c => c != "\"z_id\"")} = {Sql} WHERE "
                    + $"length(quote({columns[0]})) % 2 = {number % 2}",
            }
        );
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    private static List<string> Texts(SqliteConnection connection, string sql)
    {
        List<string> texts = [];
        using var statement = connection.Prepare(sql);
        while (statement.Step())
        {
            texts.Add(statement.GetText(0)!);
        }
        return texts;
    }
}
