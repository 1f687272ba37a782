using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Knows the tables of which something is worked out as their rows are written (generated columns, indexes on
/// expressions or on part of the rows), and
/// has their rows written into the rehearsed schema as they are dumped, within what a restore may take: a value in
/// between may be longer than what is
/// kept in the end, so nothing but working it out tells.
/// </summary>
internal sealed class RowRehearsal : IDisposable
{
    // What an expression makes a long value by, or fails at; behind the one bracket around an index's columns.
    private static readonly string[] Makers = ["||", "->", "LIKE", "GLOB"];

    private readonly SqliteConnection _connection;
    private readonly Rehearsal _rehearsal;
    private readonly LoadLimits _limits;
    private readonly HashSet<string> _tables;
    private WorkBudget? _budget;

    /// <summary>Looks which tables of a schema these are.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="rehearsal">Its schema, made anew. The caller disposes it, later than this.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="limits">What loading a script may take.</param>
    public RowRehearsal(SqliteConnection connection, Rehearsal rehearsal, Schema schema, LoadLimits limits)
    {
        (_connection, _rehearsal, _limits) = (connection, rehearsal, limits);
        var indexes = schema.Objects.Where(o => o.Type == "index" && MayMakeMuch(o.Definition) && WorksSomethingOut(connection, o));
        _tables = new(indexes.Select(o => o.Table), StringComparer.OrdinalIgnoreCase);
        _tables.UnionWith(schema.Tables.Where(t => HasGenerated(connection, t)).Select(t => t.Name));
    }

    /// <summary>Names of these tables.</summary>
    public IReadOnlyCollection<string> Tables => _tables;

    /// <summary>Begins to try rows of a table; null for one of whose rows nothing is worked out.</summary>
    /// <param name="table">The table.</param>
    /// <param name="shape">What is read of it.</param>
    /// <param name="select">Reads its rows.</param>
    /// <param name="cancellationToken">Stops it between rows.</param>
    public RowTrial? Begin(SchemaObject table, TableShape shape, SqliteStatement select, CancellationToken cancellationToken)
    {
        if (!_tables.Contains(table.Name))
        {
            return null;
        }
        if (_budget is null)
        {
            _budget = new(_limits, _rehearsal.Handle);
            using var begin = _rehearsal.Prepare(StatementKind.Own, "BEGIN"); // faster; it goes with the rehearsal
            begin.Step();
        }

        return new(_connection, _rehearsal, _limits, _budget, shape, select, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _budget?.Dispose();

    // Names and comments hold such words, too.
    private static bool WorksSomethingOut(SqliteConnection connection, SchemaObject index)
    {
        using var terms = connection.Prepare(
            "SELECT 1 FROM pragma_index_xinfo(?1, 'main') WHERE cid = -2 UNION ALL "
                + "SELECT 1 FROM pragma_index_list(?2, 'main') WHERE name = ?1 AND partial"
        );
        terms.BindText(1, index.Name);
        terms.BindText(2, index.Table);
        return terms.Step();
    }

    private static bool MayMakeMuch(string definition) =>
        definition.Count('(') > 1 || Array.Exists(Makers, maker => definition.Contains(maker, StringComparison.OrdinalIgnoreCase));

    private static bool HasGenerated(SqliteConnection connection, SchemaObject table)
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
