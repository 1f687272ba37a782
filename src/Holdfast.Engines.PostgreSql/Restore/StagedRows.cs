using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Rows of tables with generated columns that need a function of the database. A dump does not have their values; they are computed as rows
/// come in, and a function that fails would cost the rows. So these are loaded into tables of their own, and moved when all are there.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
/// <param name="columns">The columns. One whose values cannot be computed becomes an ordinary one without them.</param>
internal sealed partial class StagedRows(NpgsqlConnection connection, GeneratedColumns columns)
{
    private const string FunctionHint =
        "Something refuses rows without these values. Give the function of the column a path of its own (ALTER FUNCTION … SET search_path), "
        + "and back up again.";

    private readonly string _schema = Sql.Name($"_holdfast_{Guid.NewGuid():n}");
    private readonly List<Staged> _tables = [];

    /// <summary>The statement that loads the rows of a table that has one; null where it has none.</summary>
    public async Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken)
    {
        if (!columns.Any || Copy().Match(table.Copy ?? "") is not { Success: true } copy) return null;
        var (name, ofRows) = ($"{copy.Groups[1]}.{copy.Groups[2]}", copy.Groups[3].Value);
        var generated = columns.Of(Sql.Unquoted(copy.Groups[1].Value), Sql.Unquoted(copy.Groups[2].Value));
        if (generated.Count == 0) return null;
        if (_tables.Count == 0) await connection.RunAsync($"CREATE SCHEMA {_schema}", cancellationToken);
        var staged = $"{_schema}.{Sql.Name(FormattableString.Invariant($"{table.Id}"))}";
        await connection.RunAsync($"CREATE UNLOGGED TABLE {staged} AS SELECT {ofRows} FROM ONLY {name} WITH NO DATA", cancellationToken);
        _tables.Add(new(staged, name, ofRows, generated));
        return $"COPY {staged} FROM stdin;";
    }

    /// <summary>Moves all rows to where they belong, in their order.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (_tables.Count == 0) return;
        await connection.RunAsync("SET synchronize_seqscans = off", cancellationToken);
        foreach (var table in _tables)
        {
            if (await LateChecks.TryAsync(connection, table.Move, cancellationToken) is { } refused)
                await MoveWithoutAsync(table, refused, cancellationToken);
            await connection.RunAsync($"DROP TABLE {table.Rows}", cancellationToken);
        }

        await connection.RunAsync($"DROP SCHEMA {_schema}", cancellationToken);
    }

    // One column or constraint after the other is given up, until the rows are taken.
    private async Task MoveWithoutAsync(Staged table, PostgresException refused, CancellationToken cancellationToken)
    {
        var isLess = await columns.TryEachAsync(table.Name, table.Rows, table.Generated, cancellationToken);
        while (true)
        {
            if (!isLess && !await columns.YieldAsync(table.Name, table.Generated, refused, cancellationToken))
            {
                var what = $"The rows of {table.Name}, without the values of generated columns that fail,";
                throw ServerFailure.Of(refused, what, ErrorCatalogue.NotAllowed, FunctionHint);
            }

            if (await LateChecks.TryAsync(connection, table.Move, cancellationToken) is not { } again) return;
            (refused, isLess) = (again, false);
        }
    }

    [GeneratedRegex("""^COPY ("(?:[^"]|"")+"|[^"\s.]+)\.("(?:[^"]|"")+"|[^"\s.]+) \((.+)\) FROM stdin;\s*\z""", RegexOptions.Singleline)]
    private static partial Regex Copy();

    private sealed record Staged(string Rows, string Name, string Columns, IReadOnlyList<GeneratedColumn> Generated)
    {
        public string Move => $"INSERT INTO {Name} ({Columns}) OVERRIDING SYSTEM VALUE SELECT * FROM ONLY {Rows}";
    }
}
