using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Staging tables for rows of tables with generated columns that depend on a function of the database. A dump does not
/// contain their values; they are computed while rows are loaded, and a failing function would lose the rows. So the
/// rows are loaded into staging tables, and moved after all rows are loaded. The same applies to rows that a
/// partitioned table has to route by such a function; they stay in the staging table if it fails.
/// </summary>
/// <param name="connection">A session of the restore role.</param>
/// <param name="columns">
/// The generated columns. A column whose values cannot be computed is converted to an ordinary column.
/// </param>
/// <param name="partitions">The detached partitions.</param>
internal sealed partial class StagedRows(NpgsqlConnection connection, GeneratedColumns columns, DetachedPartitions partitions)
{
    private const string FunctionHint =
        "Something rejects rows without these values. Set the search path of the column's function (ALTER FUNCTION … "
        + "SET search_path), "
        + "and run the backup again.";

    // Everything that would change a row, reject it or redirect it: how to disable it, and how to restore its state. A
    // trigger of a partitioned table is disabled there together with its clones on the partitions, whose states may
    // differ from it.
    private const string TriggersAndRulesQuery = """
        WITH tree(id) AS (
            SELECT to_regclass($1)::oid UNION SELECT t.relid::oid FROM pg_partition_tree(pg_partition_root(to_regclass($1))) t),
        hooks(id, what, state, parent) AS (
            SELECT t.tgrelid, 'TRIGGER ' || quote_ident(t.tgname), t.tgenabled::text, p.tgenabled::text
            FROM pg_trigger t LEFT JOIN pg_trigger p ON p.oid = t.tgparentid LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
            WHERE t.tgrelid IN (SELECT id FROM tree) AND (NOT t.tgisinternal OR t.tgparentid <> 0) AND (k.oid IS NULL OR k.contype = 't')
            UNION ALL SELECT w.ev_class, 'RULE ' || quote_ident(w.rulename), w.ev_enabled::text, NULL
            FROM pg_rewrite w WHERE w.ev_class = to_regclass($1) AND w.ev_type = '3'),
        written(id, what, state, parent, differs) AS (
            SELECT id, what,
                   CASE state WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END,
                   parent, bool_or(state <> COALESCE(parent, state)) OVER (PARTITION BY what)
            FROM hooks),
        sql(rank, id, what, off, ison) AS (
            SELECT 1, id, what, format('ALTER TABLE %s DISABLE %s', id::regclass, what),
                   CASE WHEN state <> 'DISABLE' THEN format('ALTER TABLE %s %s %s', id::regclass, state, what) END
            FROM written WHERE parent IS NULL
            UNION ALL SELECT 2, id, what, NULL, format('ALTER TABLE ONLY %s %s %s', id::regclass, state, what)
            FROM written WHERE parent IS NOT NULL AND differs
            UNION ALL SELECT 3, c.oid, '', format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', c.oid::regclass),
                             format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass)
            FROM pg_class c WHERE c.oid = to_regclass($1) AND c.relforcerowsecurity)
        SELECT off, ison FROM sql ORDER BY rank, id, what
        """;

    private readonly string _schema = Sql.QuoteIdentifier($"_holdfast_{Guid.NewGuid():n}");
    private readonly List<Staged> _tables = [];
    private readonly Dictionary<int, string> _unmoved = [];
    private readonly List<(Staged Table, PostgresException Refused)> _failed = [];

    /// <summary>Staging tables whose rows could not be moved, as SQL, by the rows' id in the dump.</summary>
    public IReadOnlyDictionary<int, string> UnmovedTables => _unmoved;

    /// <summary>The tables that these rows belong to, as SQL.</summary>
    public IEnumerable<string> IncompleteTables => _failed.Select(f => f.Table.Name);

    /// <summary>
    /// Returns the statement that loads the rows of a table into a staging table; null if the table needs none.
    /// </summary>
    public async Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken)
    {
        var areRouted = partitions.IsRoutedThroughRoot(table);
        if ((!columns.HasAny && !areRouted) || Copy().Match(table.CopyStatement ?? "") is not { Success: true } copy)
        {
            return null;
        }
        var (name, columnList) = ($"{copy.Groups[1]}.{copy.Groups[2]}", copy.Groups[3].Value);
        var generated = columns.GetColumns(Sql.UnquoteIdentifier(copy.Groups[1].Value), Sql.UnquoteIdentifier(copy.Groups[2].Value));
        if (generated.Count == 0 && !areRouted)
        {
            return null;
        }
        if (_tables.Count == 0)
        {
            await DeferredChecks.ExecuteAsync(connection, $"CREATE SCHEMA {_schema}", cancellationToken);
        }
        var staged = $"{_schema}.{Sql.QuoteIdentifier(string.Create(CultureInfo.InvariantCulture, $"{table.Id}"))}";
        await DeferredChecks.ExecuteAsync(
            connection,
            $"CREATE UNLOGGED TABLE {staged} AS SELECT {columnList} FROM ONLY {name} WITH NO DATA",
            cancellationToken
        );
        _tables.Add(new(table, areRouted, staged, name, columnList, generated));
        return $"COPY {staged} FROM stdin;";
    }

    /// <summary>Moves all rows to their tables, in order.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (_tables.Count == 0)
        {
            return;
        }
        await DeferredChecks.ExecuteAsync(connection, "SET synchronize_seqscans = off", cancellationToken);
        foreach (var table in _tables)
        {
            var rejection = await DeferredChecks.TryExecuteAsync(connection, table.Move, cancellationToken);
            if (rejection is not null)
            {
                rejection = await MoveWithoutFailingColumnsAsync(table, rejection, cancellationToken);
            }
            if (rejection is null)
            {
                await DeferredChecks.ExecuteAsync(connection, table.Drop, cancellationToken);
            }
            else
            {
                await KeepStagedAsync(table, rejection, cancellationToken);
            }
        }

        if (_unmoved.Count == 0)
        {
            await DeferredChecks.ExecuteAsync(connection, DropSchema, cancellationToken);
        }
    }

    /// <summary>
    /// Describes the rows that could not be moved, with the SQL that moves them unchanged: triggers and rules exist by
    /// then, and are disabled for it.
    /// </summary>
    /// <param name="cleanSession">
    /// A session in which no code of the database has run. Called after everything in the dump is created.
    /// </param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<IReadOnlyList<string>> DescribeFailuresAsync(NpgsqlConnection cleanSession, CancellationToken cancellationToken)
    {
        var messages = new List<string>();
        foreach (var (table, rejection) in _failed)
        {
            var triggersAndRules = await cleanSession.QueryAsync(
                TriggersAndRulesQuery,
                r => (Off: r.GetStringOrNull(0), On: r.GetStringOrNull(1)),
                cancellationToken,
                table.Name
            );
            // If the statements are executed one by one and an error is ignored, as in psql, nothing is dropped that
            // was not moved. Deferred triggers would prevent the ALTER TABLE that follows.
            IEnumerable<string> statements =
            [
                "BEGIN",
                .. triggersAndRules.Select(h => h.Off).OfType<string>(),
                "SET CONSTRAINTS ALL IMMEDIATE",
                table.Move,
                .. triggersAndRules.Select(h => h.On).OfType<string>(),
                table.Drop,
                "COMMIT",
            ];
            var sql = string.Join("; ", statements);
            if (messages.Count == _failed.Count - 1)
            {
                sql += $"; {DropSchema}"; // fails while the schema still contains a table
            }
            var description = $"rows of {table.Entry.Schema}.{table.Entry.Name}, all of which are now in the table {table.Rows}";
            messages.Add(DeferredChecks.FormatFailure(description, rejection, sql));
        }

        return messages;
    }

    // Converts columns and drops constraints one after the other, until the rows are accepted.
    private async Task<PostgresException?> MoveWithoutFailingColumnsAsync(
        Staged table,
        PostgresException rejection,
        CancellationToken cancellationToken
    )
    {
        var hasConverted = await columns.ConvertFailingAsync(table.Name, table.Rows, table.Generated, cancellationToken);
        while (true)
        {
            if (
                !hasConverted
                && !await columns.ResolveRejectionAsync(
                    table.Name,
                    table.Generated,
                    rejection,
                    !table.IsRoutedThroughRoot,
                    cancellationToken
                )
            )
            {
                if (table.IsRoutedThroughRoot)
                {
                    return rejection;
                }
                var description = $"The rows of {table.Name}, without the values of failing generated columns,";
                throw ServerErrorTranslator.Translate(rejection, description, ErrorCatalog.NotAllowed, FunctionHint);
            }

            if (await DeferredChecks.TryExecuteAsync(connection, table.Move, cancellationToken) is not { } next)
            {
                return null;
            }
            (rejection, hasConverted) = (next, false);
        }
    }

    private async Task KeepStagedAsync(Staged table, PostgresException rejection, CancellationToken cancellationToken)
    {
        await DeferredChecks.ExecuteAsync(connection, $"ALTER TABLE {table.Rows} SET LOGGED", cancellationToken);
        _unmoved.Add(table.Entry.Id, table.Rows);
        _failed.Add((table, rejection));
    }

    private string DropSchema => $"DROP SCHEMA {_schema}";

    [GeneratedRegex("""^COPY ("(?:[^"]|"")+"|[^"\s.]+)\.("(?:[^"]|"")+"|[^"\s.]+) \((.+)\) FROM stdin;\s*\z""", RegexOptions.Singleline)]
    private static partial Regex Copy();

    private sealed record Staged(
        TocEntry Entry,
        bool IsRoutedThroughRoot,
        string Rows,
        string Name,
        string Columns,
        IReadOnlyList<GeneratedColumn> Generated
    )
    {
        public string Drop => $"DROP TABLE {Rows}";

        public string Move => $"INSERT INTO {Name} ({Columns}) OVERRIDING SYSTEM VALUE SELECT * FROM ONLY {Rows}";
    }
}
