using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Checks that rows are unique where the schema says so. A damaged index, or one that was made unique by editing the
/// schema, can allow duplicates that a restore could not write. It scans indexes in their own order and sorts nothing;
/// whether an index contains all rows is checked after they have been read.
/// </summary>
/// <param name="connection">The database.</param>
/// <param name="limits">Limits the time that the checks take.</param>
internal sealed class UniqueIndexChecker(SqliteConnection connection, LoadLimits limits) : IDisposable
{
    private readonly List<(string Index, long Rows)> _indexRowCounts = []; // of the current table
    private WorkBudget? _budget;

    /// <summary>Checks the unique indexes of a table before its rows are read.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.SourceNotScriptable"/>.</exception>
    public void BeginTable(SchemaObject table)
    {
        _indexRowCounts.Clear();
        _budget ??= new(limits, connection.Handle);
        _budget.Resume(connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size"));
        try
        {
            foreach (var (index, isPartial) in Indexes(connection, table))
            {
                if (FindViolation(table.Name, index, isPartial) is { } violation)
                {
                    throw Violated(table, index, violation);
                }
            }
        }
        catch (HoldfastException e) when (_budget.WasInterrupted)
        {
            throw Sql.NotExportable($"'{connection.FilePath}' has unique indexes whose check exceeds the time limit.", e);
        }
        finally
        {
            _budget.Pause();
        }
    }

    /// <summary>Checks that the unique indexes of the current table contain all of its rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Number of rows that were read.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.SourceNotScriptable"/>.</exception>
    public void CompleteTable(SchemaObject table, long rows)
    {
        foreach (var (index, indexed) in _indexRowCounts)
        {
            if (indexed != rows)
            {
                throw Violated(table, index, "the index does not contain all rows");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _budget?.Dispose();

    private static List<(string Name, bool IsPartial)> Indexes(SqliteConnection connection, SchemaObject table)
    {
        using var list = connection.Prepare("SELECT name, partial, origin FROM pragma_index_list(?1, 'main') WHERE \"unique\"");
        list.BindText(1, table.Name);
        List<(string, bool)> indexes = [];
        while (list.Step())
        {
            if (table.WithoutRowId && list.GetText(2) == "pk")
            {
                continue; // the table itself, which is read in this order
            }
            indexes.Add((Sql.ReadIdentifier(list, 0, connection.FilePath), list.GetInt64(1) != 0));
        }

        return indexes;
    }

    private HoldfastException Violated(SchemaObject table, string index, string violation) =>
        Sql.NotExportable(
            $"'{connection.FilePath}' has rows in table \"{table.Name}\" that violate its unique index \"{index}\": {violation}. "
                + "Check it with: PRAGMA integrity_check"
        );

    private string? FindViolation(string table, string index, bool isPartial)
    {
        List<string> columns = [],
            keys = [];
        using (var info = connection.Prepare("SELECT name, coll FROM pragma_index_xinfo(?1, 'main') WHERE key"))
        {
            info.BindText(1, index);
            while (info.Step())
            {
                if (info.GetText(0) is null)
                {
                    return RunIntegrityCheck(connection, table, index); // an expression
                }
                columns.Add(Sql.QuoteIdentifier(Sql.ReadIdentifier(info, 0, connection.FilePath)));
                keys.Add($"{columns[^1]} COLLATE {Sql.QuoteIdentifier(info.GetText(1)!)}");
            }
        }

        if (isPartial)
        {
            return RunIntegrityCheck(connection, table, index);
        }
        var from = $"FROM main.{Sql.QuoteIdentifier(table)} INDEXED BY {Sql.QuoteIdentifier(index)}";
        var all = string.Join(',', keys);
        try
        {
            if (
                connection.QueryInt64(
                    $"SELECT 1 {from} WHERE {string.Join(" AND ", columns.Select(c => $"{c} IS NOT NULL"))} GROUP BY {all} "
                        + "HAVING count(*) > 1 LIMIT 1"
                ) != 0
            )
            {
                return "two rows are equal";
            }
            _indexRowCounts.Add((index, connection.QueryInt64($"SELECT count(*) {from}")));
            return null;
        }
        catch (HoldfastException) when ((connection.ErrorCode & 0xFF) == SqliteConstants.Error)
        {
            return RunIntegrityCheck(connection, table, index); // the index cannot answer this query
        }
    }

    private static string? RunIntegrityCheck(SqliteConnection connection, string table, string index)
    {
        using var check = connection.Prepare($"PRAGMA main.integrity_check({Sql.QuoteIdentifier(table)})");
        while (check.Step())
        {
            if (check.GetText(0) is { } text && text.Contains($"index {index}", StringComparison.Ordinal))
            {
                return text;
            }
        }

        return null;
    }
}
