using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Knows the tables of which something is worked out as their rows are written (generated columns, indexes on
/// expressions or on part of the rows), and
/// has their rows written into the rehearsed schema as they are dumped, within what a restore may take: a value in
/// between may be longer than what is
/// kept in the end, so nothing but working it out tells.
/// </summary>
internal sealed class RowDryRun : IDisposable
{
    // What an expression makes a long value by, or fails at; behind the one bracket around an index's columns.
    private static readonly string[] ExpressionMarkers = ["||", "->", "LIKE", "GLOB"];

    private readonly SqliteConnection _connection;
    private readonly SchemaDryRun _dryRun;
    private readonly LoadLimits _limits;
    private readonly HashSet<string> _tables;
    private WorkBudget? _budget;

    /// <summary>Looks which tables of a schema these are.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="rehearsal">Its schema, made anew. The caller disposes it, later than this.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="limits">What loading a script may take.</param>
    public RowDryRun(SqliteConnection connection, SchemaDryRun rehearsal, DatabaseSchema schema, LoadLimits limits)
    {
        (_connection, _dryRun, _limits) = (connection, rehearsal, limits);
        var indexes = schema.Objects.Where(o => o.Type == "index" && MayBeComputed(o.Definition) && IsComputed(connection, o));
        _tables = new(indexes.Select(o => o.Table), StringComparer.OrdinalIgnoreCase);
        _tables.UnionWith(schema.Tables.Where(t => HasGeneratedColumns(connection, t)).Select(t => t.Name));
    }

    /// <summary>Names of these tables.</summary>
    public IReadOnlyCollection<string> Tables => _tables;

    /// <summary>Begins to try rows of a table; null for one of whose rows nothing is worked out.</summary>
    /// <param name="table">The table.</param>
    /// <param name="shape">What is read of it.</param>
    /// <param name="select">Reads its rows.</param>
    /// <param name="cancellationToken">Stops it between rows.</param>
    public TableDryRun? Begin(SchemaObject table, TableInfo shape, SqliteStatement select, CancellationToken cancellationToken)
    {
        if (!_tables.Contains(table.Name))
        {
            return null;
        }
        if (_budget is null)
        {
            _budget = new(_limits, _dryRun.Handle);
            using var begin = _dryRun.Prepare(StatementKind.Internal, "BEGIN"); // faster; it goes with the rehearsal
            begin.Step();
        }

        return new(_connection, _dryRun, _limits, _budget, shape, select, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _budget?.Dispose();

    // Names and comments hold such words, too.
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
            return false; // no generated column without that word
        }
        using var columns = connection.Prepare("SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE hidden IN (2, 3)");
        columns.BindText(1, table.Name);
        return columns.Step();
    }
}
