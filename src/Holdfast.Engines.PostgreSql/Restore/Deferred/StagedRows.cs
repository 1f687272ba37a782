using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Rows of tables with generated columns that need a function of the database. A dump does not have their values; they are computed as rows
/// come in, and a function that fails would cost the rows. So these are loaded into tables of their own, and moved when
/// all are there. So are
/// rows that a partitioned table itself has to spread by such a function, which stay where they are if it fails.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
/// <param name="columns">The columns. One whose values cannot be computed becomes an ordinary one without them.</param>
/// <param name="partitions">Knows which rows are spread.</param>
internal sealed partial class StagedRows(NpgsqlConnection connection, GeneratedColumns columns, DetachedPartitions partitions)
{
    private const string FunctionHint =
        "Something refuses rows without these values. Give the function of the column a path of its own (ALTER FUNCTION … "
        + "SET search_path), "
        + "and back up again.";

    // What would change a row of a table, refuse it or put it elsewhere: how it is turned off, and on again as it was.
    // A trigger of a partitioned
    // table is turned off there, with all that partitions have of it: which may be on where it is off, and the other way round.
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
            SELECT id, what, CASE state WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END,
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

    /// <summary>Where rows are that could not be moved: tables as SQL, by the number that the rows have in the dump.</summary>
    public IReadOnlyDictionary<int, string> UnmovedTables => _unmoved;

    /// <summary>The tables, as SQL, that they belong into.</summary>
    public IEnumerable<string> IncompleteTables => _failed.Select(f => f.Table.Name);

    /// <summary>The statement that loads the rows of a table that has one; null where it has none.</summary>
    public async Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken)
    {
        var areRouted = partitions.IsRoutedThroughRoot(table);
        if ((!columns.HasAny && !areRouted) || Copy().Match(table.CopyStatement ?? "") is not { Success: true } copy)
        {
            return null;
        }
        var (name, ofRows) = ($"{copy.Groups[1]}.{copy.Groups[2]}", copy.Groups[3].Value);
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
            $"CREATE UNLOGGED TABLE {staged} AS SELECT {ofRows} FROM ONLY {name} WITH NO DATA",
            cancellationToken
        );
        _tables.Add(new(table, areRouted, staged, name, ofRows, generated));
        return $"COPY {staged} FROM stdin;";
    }

    /// <summary>Moves all rows to where they belong, in their order.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (_tables.Count == 0)
        {
            return;
        }
        await DeferredChecks.ExecuteAsync(connection, "SET synchronize_seqscans = off", cancellationToken);
        foreach (var table in _tables)
        {
            var refused = await DeferredChecks.TryExecuteAsync(connection, table.Move, cancellationToken);
            if (refused is not null)
            {
                refused = await MoveWithoutFailingColumnsAsync(table, refused, cancellationToken);
            }
            if (refused is null)
            {
                await DeferredChecks.ExecuteAsync(connection, table.Drop, cancellationToken);
            }
            else
            {
                await KeepStagedAsync(table, refused, cancellationToken);
            }
        }

        if (_unmoved.Count == 0)
        {
            await DeferredChecks.ExecuteAsync(connection, DropSchema, cancellationToken);
        }
    }

    /// <summary>
    /// Tells what could not be moved, and the SQL that moves it, each row as it is: triggers and rules are there by
    /// then, and are off for it.
    /// </summary>
    /// <param name="other">A session in which no code of the database has run. All that the dump has is made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<string>> DescribeFailuresAsync(NpgsqlConnection other, CancellationToken cancellationToken)
    {
        var told = new List<string>();
        foreach (var (table, refused) in _failed)
        {
            var hooks = await other.QueryAsync(
                TriggersAndRulesQuery,
                r => (Off: r.GetStringOrNull(0), On: r.GetStringOrNull(1)),
                cancellationToken,
                table.Name
            );
            // Whoever runs it one by one and goes on after an error, as psql does, still drops nothing that is not
            // moved. What waits for the
            // end of a transaction would keep the table from being changed behind it.
            IEnumerable<string> statements =
            [
                "BEGIN",
                .. hooks.Select(h => h.Off).OfType<string>(),
                "SET CONSTRAINTS ALL IMMEDIATE",
                table.Move,
                .. hooks.Select(h => h.On).OfType<string>(),
                table.Drop,
                "COMMIT",
            ];
            var sql = string.Join("; ", statements);
            if (told.Count == _failed.Count - 1)
            {
                sql += $"; {DropSchema}"; // which fails while a table is left in it
            }
            var what = $"rows of {table.Entry.Schema}.{table.Entry.Name}, which are in the table {table.Rows} now, all of them";
            told.Add(DeferredChecks.FormatFailure(what, refused, sql));
        }

        return told;
    }

    // One column or constraint after the other is given up, until the rows are taken.
    private async Task<PostgresException?> MoveWithoutFailingColumnsAsync(
        Staged table,
        PostgresException refused,
        CancellationToken cancellationToken
    )
    {
        var isLess = await columns.ConvertFailingAsync(table.Name, table.Rows, table.Generated, cancellationToken);
        while (true)
        {
            if (
                !isLess
                && !await columns.ResolveRejectionAsync(table.Name, table.Generated, refused, !table.IsRoutedThroughRoot, cancellationToken)
            )
            {
                if (table.IsRoutedThroughRoot)
                {
                    return refused;
                }
                var what = $"The rows of {table.Name}, without the values of generated columns that fail,";
                throw ServerErrorTranslator.Translate(refused, what, ErrorCatalogue.NotAllowed, FunctionHint);
            }

            if (await DeferredChecks.TryExecuteAsync(connection, table.Move, cancellationToken) is not { } again)
            {
                return null;
            }
            (refused, isLess) = (again, false);
        }
    }

    private async Task KeepStagedAsync(Staged table, PostgresException refused, CancellationToken cancellationToken)
    {
        await DeferredChecks.ExecuteAsync(connection, $"ALTER TABLE {table.Rows} SET LOGGED", cancellationToken);
        _unmoved.Add(table.Entry.Id, table.Rows);
        _failed.Add((table, refused));
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
