using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Looks whether rows are unique where the schema says so. A damaged index, or one that was made unique by editing the schema, can let others in, and a
/// restore could not write them. It reads indexes in their order and sorts nothing; that an index holds all rows is seen when they have been read.
/// </summary>
internal sealed class Uniqueness
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, List<(string Index, long Rows)>> _held = new(StringComparer.Ordinal);

    /// <summary>Checks these tables.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotAsSql"/>.</exception>
    public Uniqueness(SqliteConnection connection, IEnumerable<SchemaObject> tables)
    {
        _connection = connection;
        foreach (var table in tables)
        {
            foreach (var (index, isPartial) in Indexes(connection, table))
            {
                if (Fault(table.Name, index, isPartial) is { } fault) throw Broken(table.Name, index, fault);
            }
        }
    }

    /// <summary>Checks that the unique indexes of a table hold all of its rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Rows that were read of it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotAsSql"/>.</exception>
    public void Complete(string table, long rows)
    {
        foreach (var (index, held) in _held.GetValueOrDefault(table) ?? [])
        {
            if (held != rows) throw Broken(table, index, "it does not hold them all");
        }
    }

    private static List<(string Name, bool IsPartial)> Indexes(SqliteConnection connection, SchemaObject table)
    {
        using var list = connection.Prepare("SELECT name, partial, origin FROM pragma_index_list(?1, 'main') WHERE \"unique\"");
        list.BindText(1, table.Name);
        List<(string, bool)> indexes = [];
        while (list.Step())
        {
            if (table.WithoutRowId && list.Text(2) == "pk") continue; // the table itself, which is read in this order
            indexes.Add((Sql.Name(list, 0, connection.FilePath), list.Number(1) != 0));
        }

        return indexes;
    }

    private HoldfastException Broken(string table, string index, string fault) => Sql.Impossible(
        $"'{_connection.FilePath}' has rows in table \"{table}\" that break its unique index \"{index}\": {fault}. Check it with: PRAGMA integrity_check");

    private string? Fault(string table, string index, bool isPartial)
    {
        var connection = _connection;
        List<string> columns = [], keys = [];
        using (var info = connection.Prepare("SELECT name, coll FROM pragma_index_xinfo(?1, 'main') WHERE key"))
        {
            info.BindText(1, index);
            while (info.Step())
            {
                if (info.Text(0) is null) return ByCheck(connection, table, index); // an expression
                columns.Add(Sql.Quote(Sql.Name(info, 0, connection.FilePath)));
                keys.Add($"{columns[^1]} COLLATE {Sql.Quote(info.Text(1)!)}");
            }
        }

        if (isPartial) return ByCheck(connection, table, index);
        var from = $"FROM main.{Sql.Quote(table)} INDEXED BY {Sql.Quote(index)}";
        var all = string.Join(',', keys);
        try
        {
            if (connection.QueryNumber($"SELECT 1 {from} WHERE {string.Join(" AND ", columns.Select(c => $"{c} IS NOT NULL"))} GROUP BY {all} HAVING count(*) > 1 LIMIT 1") != 0) return "two are equal";
            if (!_held.TryGetValue(table, out var held)) _held[table] = held = [];
            held.Add((index, connection.QueryNumber($"SELECT count(*) {from}")));
            return null;
        }
        catch (HoldfastException) when ((connection.ErrorCode & 0xFF) == SqliteConstants.Error)
        {
            return ByCheck(connection, table, index); // a query that this index cannot answer
        }
    }

    private static string? ByCheck(SqliteConnection connection, string table, string index)
    {
        using var check = connection.Prepare($"PRAGMA main.integrity_check({Sql.Quote(table)})");
        while (check.Step())
        {
            if (check.Text(0) is { } text && text.Contains($"index {index}", StringComparison.Ordinal)) return text;
        }

        return null;
    }
}
