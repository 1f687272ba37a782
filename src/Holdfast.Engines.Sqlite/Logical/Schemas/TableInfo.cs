using System.Text;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>
/// What is read of one table, and how it is written: the columns that hold data, and the rowid where nothing else holds
/// it.
/// </summary>
internal sealed class TableInfo
{
    private static readonly string[] RowIdNames = ["rowid", "_rowid_", "oid"];

    private TableInfo(string name, string source, string target, IReadOnlyList<ColumnInfo> columns)
    {
        Columns = columns;
        Name = name;
        SelectSql = $"SELECT {source} FROM main.{Sql.QuoteIdentifier(name)} NOT INDEXED"; // in key order, never by way of an index
        InsertPrefix = $"INSERT INTO {Sql.QuoteIdentifier(name)}{target} VALUES\n";
    }

    /// <summary>Name of the table.</summary>
    public string Name { get; }

    /// <summary>Reads every row in the order of its key.</summary>
    public string SelectSql { get; }

    /// <summary>Begins a statement that writes rows.</summary>
    public string InsertPrefix { get; }

    /// <summary>Values in a row.</summary>
    public int ValueCount => Columns.Count;

    /// <summary>The columns that they are written to; the first is the rowid where nothing else holds it.</summary>
    public IReadOnlyList<ColumnInfo> Columns { get; }

    /// <summary>A statement that writes one row, to see whether it compiles.</summary>
    public string InsertRowSql => $"{InsertPrefix}({string.Join(',', Enumerable.Repeat("?", ValueCount))})";

    /// <summary>Looks a table up.</summary>
    public static TableInfo Read(SqliteConnection connection, string table, bool withoutRowId)
    {
        List<string> stored = [],
            all = [];
        List<ColumnInfo> shapes = [];
        var isStrict = IsStrict(connection, table);
        var keyColumns = 0;
        using (
            var columns = connection.Prepare("SELECT name, pk, hidden, type, \"notnull\" FROM pragma_table_xinfo(?1, 'main') ORDER BY cid")
        )
        {
            columns.BindText(1, table);
            while (columns.Step())
            {
                var column = Sql.ReadIdentifier(columns, 0, connection.FilePath);
                all.Add(column);
                if (columns.GetInt64(1) > 0)
                {
                    keyColumns++;
                }
                if (columns.GetInt64(2) != 0)
                {
                    continue; // 2 and 3 are generated columns
                }
                stored.Add(Sql.QuoteIdentifier(column));
                shapes.Add(
                    new(
                        column,
                        ColumnInfo.GetAffinity(columns.GetText(3) ?? "", isStrict),
                        columns.GetInt64(4) != 0 || (withoutRowId && columns.GetInt64(1) > 0)
                    )
                );
            }
        }

        var list = string.Join(',', stored);
        var rowId =
            withoutRowId || (keyColumns == 1 && !HasKeyIndex(connection, table))
                ? null
                : Array.Find(RowIdNames, name => !all.Contains(name, StringComparer.OrdinalIgnoreCase));
        return rowId is null
            ? new(table, list, "", shapes)
            : new(table, $"{rowId},{list}", $"({rowId},{list})", [new(rowId, ColumnAffinity.None, false), .. shapes]);
    }

    private static bool IsStrict(SqliteConnection connection, string table)
    {
        using var list = connection.Prepare("SELECT strict FROM pragma_table_list(?1) WHERE schema = 'main'");
        list.BindText(1, table);
        return list.Step() && list.GetInt64(0) != 0;
    }

    // A primary key of one column without an index of its own is an alias of the rowid.
    private static bool HasKeyIndex(SqliteConnection connection, string table)
    {
        using var indexes = connection.Prepare("SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'");
        indexes.BindText(1, table);
        return indexes.Step() && indexes.GetInt64(0) > 0;
    }

    /// <summary>The head as bytes.</summary>
    public byte[] GetInsertPrefixBytes() => Encoding.UTF8.GetBytes(InsertPrefix);
}
