using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>
/// Reports the differences of two databases: schema, every row with storage class and exact bytes, settings stored in
/// the file.
/// </summary>
internal static class DatabaseComparer
{
    private const int Most = 10;
    private static readonly string[] Pragmas = ["encoding", "page_size", "auto_vacuum", "user_version", "application_id", "journal_mode"];

    /// <summary>Fails the test if they differ.</summary>
    public static void AssertEqual(string expected, string actual, DatabaseKey? key = null)
    {
        var differences = Differences(expected, actual, key);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>The first differences; empty if the databases are equal.</summary>
    public static IReadOnlyList<string> Differences(string expected, string actual, DatabaseKey? key = null)
    {
        using var left = SqliteConnection.Open(expected, OpenReadWrite, key);
        using var right = SqliteConnection.Open(actual, OpenReadWrite, key);
        List<string> differences = [];
        foreach (var pragma in Pragmas)
        {
            Compare(differences, $"PRAGMA {pragma}", left.QueryText($"PRAGMA {pragma}"), right.QueryText($"PRAGMA {pragma}"));
        }
        Compare(differences, "PRAGMA integrity_check", "ok", right.QueryText("PRAGMA integrity_check"), differs: (_, found) =>
            found != left.QueryText("PRAGMA integrity_check")
        );
        CompareSets(differences, Schema(left), Schema(right));
        if (differences.Count == 0)
        {
            foreach (var table in Tables(left))
            {
                if (CanScan(left, table) || CanScan(right, table))
                {
                    CompareRows(differences, left, right, table);
                }
            }
        }

        return differences;
    }

    /// <summary>Every row of a query as text that distinguishes all values.</summary>
    public static IEnumerable<string> Rows(SqliteConnection connection, string sql)
    {
        using var statement = connection.Prepare(sql);
        while (statement.Step())
        {
            yield return Row(statement);
        }
    }

    private static void CompareRows(List<string> differences, SqliteConnection left, SqliteConnection right, string table)
    {
        var sql = Query(left, table);
        using var others = Rows(right, sql).GetEnumerator();
        var number = 0;
        foreach (var row in Rows(left, sql))
        {
            number++;
            var other = others.MoveNext() ? others.Current : null;
            if (row != other)
            {
                differences.Add($"{table}, row {number}: expected {Short(row)}, found {Short(other)}");
            }
            if (differences.Count >= Most)
            {
                return;
            }
        }

        if (others.MoveNext())
        {
            differences.Add($"{table}: a row too many, {Short(others.Current)}");
        }
    }

    // A contentless full-text table has only an index; its shadow tables are compared.
    private static bool CanScan(SqliteConnection connection, string table)
    {
        try
        {
            _ = Rows(connection, $"SELECT 1 FROM {Quote(table)} LIMIT 1").Count();
            return true;
        }
        catch (HoldfastException)
        {
            return false;
        }
    }

    private static string Row(SqliteStatement statement)
    {
        var text = new StringBuilder();
        for (var i = 0; i < statement.ColumnCount; i++)
        {
            text.Append(
                    statement.GetStorageClass(i) switch
                    {
                        TypeInteger => $"i{statement.GetInt64(i)}",
                        TypeFloat => $"r{BitConverter.DoubleToInt64Bits(statement.GetDouble(i)):X16} ({statement.GetDouble(i)})",
                        TypeText => $"t{Convert.ToHexString(statement.GetBlob(i))}", // as stored, unconverted
                        TypeBlob => $"b{Convert.ToHexString(statement.GetBlob(i))}",
                        _ => "null",
                    }
                )
                .Append(' ');
        }

        return text.ToString();
    }

    private static string Query(SqliteConnection connection, string table)
    {
        List<string> names = [];
        using (var columns = connection.Prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1"))
        {
            columns.BindText(1, table);
            while (columns.Step())
            {
                names.Add(columns.GetText(0)!);
            }
        }

        using var list = connection.Prepare("SELECT wr FROM pragma_table_list(?1)");
        list.BindText(1, table);
        var rowId =
            list.Step() && list.GetInt64(0) != 0
                ? null
                : new[] { "rowid", "_rowid_", "oid" }.FirstOrDefault(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase));
        var all = names.Select(Quote);
        return $"SELECT {string.Join(',', rowId is null ? all : all.Prepend(rowId))} FROM {Quote(table)} NOT "
            + $"INDEXED{(rowId is null ? "" : $" ORDER BY {rowId}")}";
    }

    private static List<string> Tables(SqliteConnection connection) =>
        Texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");

    private static List<string> Schema(SqliteConnection connection) =>
        Texts(
            connection,
            "SELECT type || ' ' || quote(name) || ' ' || quote(tbl_name) || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1"
        );

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

    private static void CompareSets(List<string> differences, List<string> left, List<string> right)
    {
        differences.AddRange(left.Except(right).Take(Most).Select(item => $"missing: {item}"));
        differences.AddRange(right.Except(left).Take(Most).Select(item => $"too many: {item}"));
    }

    private static void Compare(
        List<string> differences,
        string what,
        string? left,
        string? right,
        Func<string?, string?, bool>? differs = null
    )
    {
        if (left != right && (differs?.Invoke(left, right) ?? true))
        {
            differences.Add($"{what}: expected {left}, found {right}");
        }
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    private static string Short(string? text) =>
        text is null ? "nothing"
        : text.Length > 200 ? text[..200] + "…"
        : text;
}
