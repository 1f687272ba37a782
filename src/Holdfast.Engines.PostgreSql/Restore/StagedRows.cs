using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Rows of tables with generated columns that need a function of the database. A dump does not have their values; they are computed as rows
/// come in, and a function that fails would cost the rows. So these are loaded into tables of their own, and moved when all are there. So are
/// rows that a partitioned table itself has to spread by such a function, which stay where they are if it fails.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
/// <param name="columns">The columns. One whose values cannot be computed becomes an ordinary one without them.</param>
/// <param name="partitions">Knows which rows are spread.</param>
internal sealed partial class StagedRows(NpgsqlConnection connection, GeneratedColumns columns, DetachedPartitions partitions)
{
    private const string FunctionHint =
        "Something refuses rows without these values. Give the function of the column a path of its own (ALTER FUNCTION … SET search_path), "
        + "and back up again.";

    private readonly string _schema = Sql.Name($"_holdfast_{Guid.NewGuid():n}");
    private readonly List<Staged> _tables = [];
    private readonly Dictionary<int, string> _kept = [];
    private readonly List<string> _failed = [];
    private readonly List<string> _incomplete = [];

    /// <summary>What could not be moved, and the SQL that moves it.</summary>
    public IReadOnlyList<string> Failed => _failed;

    /// <summary>Where it is: tables as SQL, by the number that the rows have in the dump.</summary>
    public IReadOnlyDictionary<int, string> Kept => _kept;

    /// <summary>The tables, as SQL, that it belongs into.</summary>
    public IReadOnlyList<string> Incomplete => _incomplete;

    /// <summary>The statement that loads the rows of a table that has one; null where it has none.</summary>
    public async Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken)
    {
        var areRouted = partitions.AreRouted(table);
        if ((!columns.Any && !areRouted) || Copy().Match(table.Copy ?? "") is not { Success: true } copy) return null;
        var (name, ofRows) = ($"{copy.Groups[1]}.{copy.Groups[2]}", copy.Groups[3].Value);
        var generated = columns.Of(Sql.Unquoted(copy.Groups[1].Value), Sql.Unquoted(copy.Groups[2].Value));
        if (generated.Count == 0 && !areRouted) return null;
        if (_tables.Count == 0) await connection.RunAsync($"CREATE SCHEMA {_schema}", cancellationToken);
        var staged = $"{_schema}.{Sql.Name(FormattableString.Invariant($"{table.Id}"))}";
        await connection.RunAsync($"CREATE UNLOGGED TABLE {staged} AS SELECT {ofRows} FROM ONLY {name} WITH NO DATA", cancellationToken);
        _tables.Add(new(table, areRouted, staged, name, ofRows, generated));
        return $"COPY {staged} FROM stdin;";
    }

    /// <summary>Moves all rows to where they belong, in their order.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (_tables.Count == 0) return;
        await connection.RunAsync("SET synchronize_seqscans = off", cancellationToken);
        foreach (var table in _tables)
        {
            var refused = await LateChecks.TryAsync(connection, table.Move, cancellationToken);
            if (refused is not null) refused = await MoveWithoutAsync(table, refused, cancellationToken);
            if (refused is null) await connection.RunAsync(table.Drop, cancellationToken);
            else await KeepAsync(table, refused, cancellationToken);
        }

        var drop = $"DROP SCHEMA {_schema}";
        if (_kept.Count == 0) await connection.RunAsync(drop, cancellationToken);
        else _failed[^1] += $"; {drop}";
    }

    // One column or constraint after the other is given up, until the rows are taken.
    private async Task<PostgresException?> MoveWithoutAsync(Staged table, PostgresException refused, CancellationToken cancellationToken)
    {
        var isLess = await columns.TryEachAsync(table.Name, table.Rows, table.Generated, cancellationToken);
        while (true)
        {
            if (!isLess && !await columns.YieldAsync(table.Name, table.Generated, refused, !table.AreRouted, cancellationToken))
            {
                if (table.AreRouted) return refused;
                var what = $"The rows of {table.Name}, without the values of generated columns that fail,";
                throw ServerFailure.Of(refused, what, ErrorCatalogue.NotAllowed, FunctionHint);
            }

            if (await LateChecks.TryAsync(connection, table.Move, cancellationToken) is not { } again) return null;
            (refused, isLess) = (again, false);
        }
    }

    private async Task KeepAsync(Staged table, PostgresException refused, CancellationToken cancellationToken)
    {
        await connection.RunAsync($"ALTER TABLE {table.Rows} SET LOGGED", cancellationToken);
        _kept.Add(table.Entry.Id, table.Rows);
        _incomplete.Add(table.Name);
        var what = $"rows of {table.Entry.Schema}.{table.Entry.Name}, which are in the table {table.Rows} now, all of them";
        _failed.Add(LateChecks.Tell(what, refused, $"{table.Move}; {table.Drop}"));
    }

    [GeneratedRegex("""^COPY ("(?:[^"]|"")+"|[^"\s.]+)\.("(?:[^"]|"")+"|[^"\s.]+) \((.+)\) FROM stdin;\s*\z""", RegexOptions.Singleline)]
    private static partial Regex Copy();

    private sealed record Staged(
        TocEntry Entry, bool AreRouted, string Rows, string Name, string Columns, IReadOnlyList<GeneratedColumn> Generated)
    {
        public string Drop => $"DROP TABLE {Rows}";

        public string Move => $"INSERT INTO {Name} ({Columns}) OVERRIDING SYSTEM VALUE SELECT * FROM ONLY {Rows}";
    }
}
