using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Finds the tables whose rows need computation when they are written (generated columns, expression indexes, partial
/// indexes), and inserts their rows into the dry run's schema while they are dumped, within the limits of a restore. An
/// intermediate value may be longer than the stored result, so only the computation itself shows whether a restore
/// could write the row.
/// </summary>
internal sealed class RowDryRun : IDisposable
{
    // Operators with which an expression can build a long value or fail without a second bracket after the index's
    // column list.
    private static readonly string[] ExpressionMarkers = ["||", "->", "LIKE", "GLOB"];

    private readonly SqliteConnection _connection;
    private readonly SchemaDryRun _dryRun;
    private readonly LoadLimits _limits;
    private readonly HashSet<string> _tables;
    private WorkBudget? _budget;

    /// <summary>Finds the tables of the schema that need a dry run.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="dryRun">The schema as re-created in memory. The caller disposes it, after this object.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="limits">Limits of loading a script.</param>
    public RowDryRun(SqliteConnection connection, SchemaDryRun dryRun, DatabaseSchema schema, LoadLimits limits)
    {
        (_connection, _dryRun, _limits) = (connection, dryRun, limits);
        var indexes = schema.Objects.Where(o => o.Type == "index" && MayBeComputed(o.Definition) && IsComputed(connection, o));
        _tables = new(indexes.Select(o => o.Table), StringComparer.OrdinalIgnoreCase);
        _tables.UnionWith(schema.Tables.Where(t => HasGeneratedColumns(connection, t)).Select(t => t.Name));
    }

    /// <summary>Names of the tables that need a dry run.</summary>
    public IReadOnlyCollection<string> Tables => _tables;

    /// <summary>Begins the dry run of a table's rows; returns null for a table whose rows need no computation.</summary>
    /// <param name="table">The table.</param>
    /// <param name="info">Columns of the table.</param>
    /// <param name="select">The statement that reads its rows.</param>
    /// <param name="cancellationToken">Checked before each row.</param>
    public TableDryRun? Begin(SchemaObject table, TableInfo info, SqliteStatement select, CancellationToken cancellationToken)
    {
        if (!_tables.Contains(table.Name))
        {
            return null;
        }
        if (_budget is null)
        {
            _budget = new(_limits, _dryRun.Handle);
            using var begin = _dryRun.Prepare(StatementKind.Internal, "BEGIN"); // faster; the transaction is never committed
            begin.Step();
        }

        return new(_connection, _dryRun, _limits, _budget, info, select, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _budget?.Dispose();

    // Needed because names and comments may contain these markers as well.
    private static bool IsComputed(SqliteConnection connection, SchemaObject index)
    {
        using var terms = connection.Prepare(
            "SELECT 1 FROM pragma_index_xinfo(?1, 'main') WHERE cid = -2 UNION ALL "
                + "SELECT 1 FROM pragma_index_list(?2, 'main') WHERE name = ?1 AND partial"
        );
        terms.BindText(1, index.Name);
        terms.BindText(2, index.Table);
        return terms.Step();
    }

    private static bool MayBeComputed(string definition) =>
        definition.Count('(') > 1
        || Array.Exists(ExpressionMarkers, maker => definition.Contains(maker, StringComparison.OrdinalIgnoreCase));

    private static bool HasGeneratedColumns(SqliteConnection connection, SchemaObject table)
    {
        if (!table.Definition.Contains("AS", StringComparison.OrdinalIgnoreCase))
        {
            return false; // every generated column is declared with this word
        }
        using var columns = connection.Prepare("SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE hidden IN (2, 3)");
        columns.BindText(1, table.Name);
        return columns.Step();
    }
}
