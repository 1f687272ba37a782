using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Looks whether rows are unique where the schema says so. A damaged index, or one that was made unique by editing the
/// schema, can let others in, and a
/// restore could not write them. It reads indexes in their order and sorts nothing; that an index holds all rows is
/// seen when they have been read.
/// </summary>
/// <param name="connection">The database.</param>
/// <param name="limits">How long it may take.</param>
internal sealed class UniqueIndexChecker(SqliteConnection connection, LoadLimits limits) : IDisposable
{
    private readonly List<(string Index, long Rows)> _indexRowCounts = []; // of the table that was begun last
    private WorkBudget? _budget;

    /// <summary>Checks the unique indexes of a table, before its rows are read.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotScriptable"/>.</exception>
    public void BeginTable(SchemaObject table)
    {
        _indexRowCounts.Clear();
        _budget ??= new(limits, connection.Handle);
        _budget.Resume(connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size"));
        try
        {
            foreach (var (index, isPartial) in Indexes(connection, table))
            {
                if (FindViolation(table.Name, index, isPartial) is { } fault)
                {
                    throw Violated(table, index, fault);
                }
            }
        }
        catch (HoldfastException e) when (_budget.WasInterrupted)
        {
            throw Sql.NotExportable($"'{connection.FilePath}' has unique indexes that take longer to check than they may.", e);
        }
        finally
        {
            _budget.Pause();
        }
    }

    /// <summary>Checks that the unique indexes of the table that was begun hold all of its rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Rows that were read of it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotScriptable"/>.</exception>
    public void CompleteTable(SchemaObject table, long rows)
    {
        foreach (var (index, held) in _indexRowCounts)
        {
            if (held != rows)
            {
                throw Violated(table, index, "it does not hold them all");
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

    private HoldfastException Violated(SchemaObject table, string index, string fault) =>
        Sql.NotExportable(
            $"'{connection.FilePath}' has rows in table \"{table.Name}\" that break its unique index \"{index}\": {fault}. "
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
                return "two are equal";
            }
            _indexRowCounts.Add((index, connection.QueryInt64($"SELECT count(*) {from}")));
            return null;
        }
        catch (HoldfastException) when ((connection.ErrorCode & 0xFF) == SqliteConstants.Error)
        {
            return RunIntegrityCheck(connection, table, index); // a query that this index cannot answer
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
