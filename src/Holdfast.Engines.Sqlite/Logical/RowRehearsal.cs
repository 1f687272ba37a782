using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Writes the rows of tables that work something out of them (generated columns, indexes on expressions or on part of the rows) into the
/// rehearsed schema, one by one, within what a restore may take: a value in between may be longer than what is kept in the end, so nothing
/// but working it out tells. Other tables cost nothing.
/// </summary>
internal sealed class RowRehearsal
{
    // What an expression makes a long value by, or fails at; behind the one bracket around an index's columns.
    private static readonly string[] Makers = ["||", "->", "LIKE", "GLOB"];

    private readonly SqliteConnection _connection;
    private readonly Rehearsal _rehearsal;
    private readonly LoadLimits _limits;
    private readonly HashSet<string> _workingIndexes;
    private readonly bool _isUtf16;

    private RowRehearsal(SqliteConnection connection, Rehearsal rehearsal, Schema schema, LoadLimits limits)
    {
        (_connection, _rehearsal, _limits) = (connection, rehearsal, limits);
        _isUtf16 = connection.QueryText("PRAGMA encoding") != "UTF-8";
        var indexes = schema.Objects.Where(o => o.Type == "index" && MayMakeMuch(o.Definition) && WorksSomethingOut(connection, o));
        _workingIndexes = new(indexes.Select(o => o.Table), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Tries the rows of a schema's tables.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="rehearsal">Its schema, made anew.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="limits">What loading a script may take.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceNotAsSql"/>: a restore could not write one of them.</exception>
    public static void Check(
        SqliteConnection connection, Rehearsal rehearsal, Schema schema, LoadLimits limits, CancellationToken cancellationToken)
    {
        var rows = new RowRehearsal(connection, rehearsal, schema, limits);
        var tables = schema.Tables.Where(rows.WorksSomethingOut).ToList();
        if (tables.Count == 0) return;
        using (var begin = rehearsal.Prepare(StatementKind.Own, "BEGIN")) begin.Step(); // faster; it goes with the rehearsal
        foreach (var table in tables) rows.Check(table, cancellationToken);
    }

    // Names and comments hold such words, too.
    private static bool WorksSomethingOut(SqliteConnection connection, SchemaObject index)
    {
        using var terms = connection.Prepare(
            "SELECT 1 FROM pragma_index_xinfo(?1, 'main') WHERE cid = -2 UNION ALL " +
            "SELECT 1 FROM pragma_index_list(?2, 'main') WHERE name = ?1 AND partial");
        terms.BindText(1, index.Name);
        terms.BindText(2, index.Table);
        return terms.Step();
    }

    private static bool MayMakeMuch(string definition) =>
        definition.Count('(') > 1 || Array.Exists(Makers, maker => definition.Contains(maker, StringComparison.OrdinalIgnoreCase));

    private bool WorksSomethingOut(SchemaObject table)
    {
        if (_workingIndexes.Contains(table.Name)) return true;
        if (!table.Definition.Contains("AS", StringComparison.OrdinalIgnoreCase)) return false; // no generated column without that word
        using var columns = _connection.Prepare("SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE hidden IN (2, 3)");
        columns.BindText(1, table.Name);
        return columns.Step();
    }

    private void Check(SchemaObject table, CancellationToken cancellationToken)
    {
        var shape = TableShape.Of(_connection, table.Name, table.WithoutRowId);
        using var select = _connection.Prepare(shape.Select);
        using var insert = _rehearsal.Prepare(StatementKind.Insert, shape.InsertOne);
        using var clear = _rehearsal.Prepare(StatementKind.Delete, $"DELETE FROM {Sql.Quote(table.Name)}");
        using var heap = new HeapLimit(_limits);
        while (select.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = Bytes(select);
            sqlite3_limit(_rehearsal.Handle, LimitLength, LoadLimits.LongestValue(bytes));
            heap.Begin(bytes); // while the row is worked out, not while it is read
            try
            {
                for (var i = 0; i < shape.Values; i++) insert.BindValue(i + 1, select, i);
                insert.Step();
                insert.Reset();
                clear.Step();
                clear.Reset();
            }
            catch (HoldfastException e)
            {
                var why = Excess(_rehearsal.ErrorCode, bytes) ?? _rehearsal.Fault;
                var what = $"'{_connection.FilePath}' has a row in table \"{table.Name}\" that cannot be written again: {why}.";
                throw Sql.Impossible(what, e);
            }
            finally
            {
                heap.End();
            }
        }
    }

    private string? Excess(int code, long bytes) => code switch
    {
        TooBig => $"what is generated of it is longer than {LoadLimits.LongestValue(bytes):N0} bytes",
        NoMemory => $"what is generated of it takes more than {_limits.HeapFor(bytes):N0} bytes of memory",
        _ => null,
    };

    // No more than its values have in the script: a restore's limits, by its longest statement so far, are never below what comes of this.
    private long Bytes(SqliteStatement select)
    {
        var bytes = 0L;
        for (var i = 0; i < select.Columns; i++)
        {
            var type = select.Type(i);
            if (type is TypeText or TypeBlob) bytes += select.Blob(i).Length / (type == TypeText && _isUtf16 ? 2 : 1);
        }

        return bytes;
    }
}
