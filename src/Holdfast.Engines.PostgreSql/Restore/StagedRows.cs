using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

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
    private const string Hooks = """
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

    private readonly string _schema = Sql.Name($"_holdfast_{Guid.NewGuid():n}");
    private readonly List<Staged> _tables = [];
    private readonly Dictionary<int, string> _kept = [];
    private readonly List<(Staged Table, PostgresException Refused)> _failed = [];

    /// <summary>Where rows are that could not be moved: tables as SQL, by the number that the rows have in the dump.</summary>
    public IReadOnlyDictionary<int, string> Kept => _kept;

    /// <summary>The tables, as SQL, that they belong into.</summary>
    public IEnumerable<string> Incomplete => _failed.Select(f => f.Table.Name);

    /// <summary>The statement that loads the rows of a table that has one; null where it has none.</summary>
    public async Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken)
    {
        var areRouted = partitions.AreRouted(table);
        if ((!columns.Any && !areRouted) || Copy().Match(table.Copy ?? "") is not { Success: true } copy)
        {
            return null;
        }
        var (name, ofRows) = ($"{copy.Groups[1]}.{copy.Groups[2]}", copy.Groups[3].Value);
        var generated = columns.Of(Sql.Unquoted(copy.Groups[1].Value), Sql.Unquoted(copy.Groups[2].Value));
        if (generated.Count == 0 && !areRouted)
        {
            return null;
        }
        if (_tables.Count == 0)
        {
            await LateChecks.RunAsync(connection, $"CREATE SCHEMA {_schema}", cancellationToken);
        }
        var staged = $"{_schema}.{Sql.Name(string.Create(CultureInfo.InvariantCulture, $"{table.Id}"))}";
        await LateChecks.RunAsync(
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
        await LateChecks.RunAsync(connection, "SET synchronize_seqscans = off", cancellationToken);
        foreach (var table in _tables)
        {
            var refused = await LateChecks.TryAsync(connection, table.Move, cancellationToken);
            if (refused is not null)
            {
                refused = await MoveWithoutAsync(table, refused, cancellationToken);
            }
            if (refused is null)
            {
                await LateChecks.RunAsync(connection, table.Drop, cancellationToken);
            }
            else
            {
                await KeepAsync(table, refused, cancellationToken);
            }
        }

        if (_kept.Count == 0)
        {
            await LateChecks.RunAsync(connection, DropSchema, cancellationToken);
        }
    }

    /// <summary>
    /// Tells what could not be moved, and the SQL that moves it, each row as it is: triggers and rules are there by
    /// then, and are off for it.
    /// </summary>
    /// <param name="other">A session in which no code of the database has run. All that the dump has is made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<string>> FailedAsync(NpgsqlConnection other, CancellationToken cancellationToken)
    {
        var told = new List<string>();
        foreach (var (table, refused) in _failed)
        {
            var hooks = await other.QueryAsync(Hooks, r => (Off: r.TextOrNull(0), On: r.TextOrNull(1)), cancellationToken, table.Name);
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
            told.Add(LateChecks.Tell(what, refused, sql));
        }

        return told;
    }

    // One column or constraint after the other is given up, until the rows are taken.
    private async Task<PostgresException?> MoveWithoutAsync(Staged table, PostgresException refused, CancellationToken cancellationToken)
    {
        var isLess = await columns.TryEachAsync(table.Name, table.Rows, table.Generated, cancellationToken);
        while (true)
        {
            if (!isLess && !await columns.YieldAsync(table.Name, table.Generated, refused, !table.AreRouted, cancellationToken))
            {
                if (table.AreRouted)
                {
                    return refused;
                }
                var what = $"The rows of {table.Name}, without the values of generated columns that fail,";
                throw ServerFailure.Of(refused, what, ErrorCatalogue.NotAllowed, FunctionHint);
            }

            if (await LateChecks.TryAsync(connection, table.Move, cancellationToken) is not { } again)
            {
                return null;
            }
            (refused, isLess) = (again, false);
        }
    }

    private async Task KeepAsync(Staged table, PostgresException refused, CancellationToken cancellationToken)
    {
        await LateChecks.RunAsync(connection, $"ALTER TABLE {table.Rows} SET LOGGED", cancellationToken);
        _kept.Add(table.Entry.Id, table.Rows);
        _failed.Add((table, refused));
    }

    private string DropSchema => $"DROP SCHEMA {_schema}";

    [GeneratedRegex("""^COPY ("(?:[^"]|"")+"|[^"\s.]+)\.("(?:[^"]|"")+"|[^"\s.]+) \((.+)\) FROM stdin;\s*\z""", RegexOptions.Singleline)]
    private static partial Regex Copy();

    private sealed record Staged(
        TocEntry Entry,
        bool AreRouted,
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
