using System.Text;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>How a table is read and written: its stored columns, and the rowid if no column contains it.</summary>
internal sealed class TableInfo
{
    private static readonly string[] RowIdNames = ["rowid", "_rowid_", "oid"];

    private TableInfo(string name, string source, string target, IReadOnlyList<ColumnInfo> columns)
    {
        Columns = columns;
        Name = name;
        SelectSql = $"SELECT {source} FROM main.{Sql.QuoteIdentifier(name)} NOT INDEXED"; // in key order, never through an index
        InsertPrefix = $"INSERT INTO {Sql.QuoteIdentifier(name)}{target} VALUES\n";
    }

    /// <summary>Name of the table.</summary>
    public string Name { get; }

    /// <summary>Query that reads all rows in key order.</summary>
    public string SelectSql { get; }

    /// <summary>Beginning of a statement that inserts rows.</summary>
    public string InsertPrefix { get; }

    /// <summary>Number of values per row.</summary>
    public int ValueCount => Columns.Count;

    /// <summary>The columns that are written; the first is the rowid if no column contains it.</summary>
    public IReadOnlyList<ColumnInfo> Columns { get; }

    /// <summary>A statement that inserts one row, to check that it compiles.</summary>
    public string InsertRowSql => $"{InsertPrefix}({string.Join(',', Enumerable.Repeat("?", ValueCount))})";

    /// <summary>Reads the columns of a table.</summary>
    public static TableInfo Read(SqliteConnection connection, string table, bool withoutRowId)
    {
        List<string> stored = [],
            all = [];
        List<ColumnInfo> columnInfos = [];
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
                columnInfos.Add(
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
            ? new(table, list, "", columnInfos)
            : new(table, $"{rowId},{list}", $"({rowId},{list})", [new(rowId, ColumnAffinity.None, false), .. columnInfos]);
    }

    private static bool IsStrict(SqliteConnection connection, string table)
    {
        using var list = connection.Prepare("SELECT strict FROM pragma_table_list(?1) WHERE schema = 'main'");
        list.BindText(1, table);
        return list.Step() && list.GetInt64(0) != 0;
    }

    // A single-column primary key without an index of its own is an alias of the rowid.
    private static bool HasKeyIndex(SqliteConnection connection, string table)
    {
        using var indexes = connection.Prepare("SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'");
        indexes.BindText(1, table);
        return indexes.Step() && indexes.GetInt64(0) > 0;
    }

    /// <summary>Returns the prefix as bytes.</summary>
    public byte[] GetInsertPrefixBytes() => Encoding.UTF8.GetBytes(InsertPrefix);
}
