using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Rows of tables with generated columns that need a function of the database. A dump does not have their values; they are computed as rows
/// come in, and a function that fails would cost the rows. So these are loaded into tables of their own, and moved when all are there.
/// Where the values cannot be computed, the column becomes an ordinary one without them.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
internal sealed partial class StagedRows(NpgsqlConnection connection)
{
    // Up to version 14 the column needs the function, later its expression. Asked before any code of the database has run in the session.
    private const string Generated = $"""
        SELECT n.nspname::text, r.relname::text, a.attname::text, a.attnotnull,
               format_type(a.atttypid, a.atttypmod) ||
               COALESCE((SELECT ' COLLATE ' || quote_ident(ln.nspname) || '.' || quote_ident(l.collname)
                         FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
                         WHERE l.oid = a.attcollation AND l.oid <> t.typcollation), ''),
               pg_get_expr(x.adbin, x.adrelid)
        FROM pg_attribute a JOIN pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
             JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
             JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attgenerated = 's' AND {LateChecks.NeedsFunction}
              (f.classid = 'pg_attrdef'::regclass AND f.objid = x.oid)
              OR (f.classid = 'pg_class'::regclass AND f.objid = a.attrelid AND f.objsubid = a.attnum)))
        ORDER BY a.attrelid, a.attnum
        """;

    // A column that a table has from another, its root for a partition, is changed there, for all that have it.
    private const string Tops = """
        WITH RECURSIVE parents(child, parent) AS (
            SELECT i.inhrelid, i.inhparent
            FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.inhparent
            WHERE a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name AND a.attgenerated OPERATOR(pg_catalog.=) 's'),
        up(id) AS (
            SELECT $1::pg_catalog.regclass::pg_catalog.oid
            UNION SELECT p.parent FROM up JOIN parents p ON p.child OPERATOR(pg_catalog.=) up.id)
        SELECT up.id::pg_catalog.regclass::pg_catalog.text
        FROM up WHERE NOT EXISTS (SELECT 1 FROM parents p WHERE p.child OPERATOR(pg_catalog.=) up.id)
        """;

    private const string FunctionHint =
        "A constraint refuses rows without these values. Give the function of the column a path of its own (ALTER FUNCTION … SET search_path), and back up again.";

    private readonly string _schema = Sql.Name($"_holdfast_{Guid.NewGuid():n}");
    private readonly List<(string Staged, string Table, string Columns, IReadOnlyList<Column> Generated)> _tables = [];
    private ILookup<(string Schema, string Table), Column> _columns = Array.Empty<Column>().ToLookup(c => (c.Schema, c.Table));

    /// <summary>Finds such columns.</summary>
    public async Task FindAsync(CancellationToken cancellationToken) =>
        _columns = (await connection.QueryAsync(
            Generated,
            r => new Column(r.GetString(0), r.GetString(1), r.GetString(2), r.GetBoolean(3), r.GetString(4), r.GetString(5)),
            cancellationToken)).ToLookup(c => (c.Schema, c.Table));

    /// <summary>The statement that loads the rows of a table that has one; null where it has none.</summary>
    public async Task<string?> StageAsync(TocEntry table, CancellationToken cancellationToken)
    {
        if (_columns.Count == 0 || Copy().Match(table.Copy ?? "") is not { Success: true } copy) return null;
        var (name, columns) = ($"{copy.Groups[1]}.{copy.Groups[2]}", copy.Groups[3].Value);
        List<Column> generated = [.. _columns[(Sql.Unquoted(copy.Groups[1].Value), Sql.Unquoted(copy.Groups[2].Value))]];
        if (generated.Count == 0) return null;
        if (_tables.Count == 0) await connection.RunAsync($"CREATE SCHEMA {_schema}", cancellationToken);
        var staged = $"{_schema}.{Sql.Name(FormattableString.Invariant($"{table.Id}"))}";
        await connection.RunAsync($"CREATE UNLOGGED TABLE {staged} AS SELECT {columns} FROM ONLY {name} WITH NO DATA", cancellationToken);
        _tables.Add((staged, name, columns, generated));
        return $"COPY {staged} FROM stdin;";
    }

    /// <summary>Moves all rows to where they belong, in their order.</summary>
    /// <returns>What could not be computed.</returns>
    public async Task<IReadOnlyList<string>> MoveAsync(CancellationToken cancellationToken)
    {
        if (_tables.Count == 0) return [];
        var failed = new Dictionary<(string Top, string Column), string>(); // once, also where several partitions have it
        await connection.RunAsync("SET synchronize_seqscans = off", cancellationToken);
        foreach (var (staged, table, columns, generated) in _tables)
        {
            var move = $"{LoadSessions.PinPath}; INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT * FROM ONLY {staged}";
            try
            {
                await connection.RunAsync(move, cancellationToken);
            }
            catch (PostgresException e) when (LateChecks.IsOfObject(e))
            {
                foreach (var column in generated) await MakeOrdinaryAsync(table, column, e, failed, cancellationToken);
                await MoveWithoutAsync(table, move, cancellationToken);
            }

            await connection.RunAsync($"DROP TABLE {staged}", cancellationToken);
        }

        await connection.RunAsync($"DROP SCHEMA {_schema}", cancellationToken);
        return [.. failed.Values];
    }

    private async Task MoveWithoutAsync(string table, string move, CancellationToken cancellationToken)
    {
        try
        {
            await connection.RunAsync(move, cancellationToken);
        }
        catch (PostgresException e)
        {
            throw ServerFailure.Of(
                e, $"The rows of {table}, without the values of generated columns that fail,", ErrorCatalogue.NotAllowed, FunctionHint);
        }
    }

    private async Task MakeOrdinaryAsync(
        string table,
        Column column,
        PostgresException e,
        Dictionary<(string Top, string Column), string> failed,
        CancellationToken cancellationToken)
    {
        foreach (var top in await connection.QueryAsync(Tops, r => r.GetString(0), cancellationToken, table, column.Name))
        {
            if (failed.ContainsKey((top, column.Name))) continue;
            await connection.RunAsync($"ALTER TABLE {top} {column.MadeOrdinary}", cancellationToken);
            var what = $"generated column {Sql.Name(column.Name)} of {top}, an ordinary one now that is NULL in restored rows (to make it again takes what it has: indexes, constraints, statistics, comment, grants)";
            failed.Add((top, column.Name), LateChecks.Tell(what, e, $"ALTER TABLE {top} {column.MadeAgain}"));
        }

        // A partition may be stricter than its root.
        if (column.IsNotNull) await connection.RunAsync($"ALTER TABLE {table} {column.MadeNullable}", cancellationToken);
    }

    [GeneratedRegex("""^COPY ("(?:[^"]|"")+"|[^"\s.]+)\.("(?:[^"]|"")+"|[^"\s.]+) \((.+)\) FROM stdin;\s*\z""", RegexOptions.Singleline)]
    private static partial Regex Copy();

    private sealed record Column(string Schema, string Table, string Name, bool IsNotNull, string Type, string Expression)
    {
        public string MadeOrdinary => $"ALTER COLUMN {Quoted} DROP EXPRESSION{(IsNotNull ? $", {MadeNullable}" : "")}";

        public string MadeNullable => $"ALTER COLUMN {Quoted} DROP NOT NULL";

        public string MadeAgain =>
            $"DROP COLUMN {Quoted}, ADD COLUMN {Quoted} {Type} GENERATED ALWAYS AS ({Expression}) STORED{(IsNotNull ? " NOT NULL" : "")}";

        private string Quoted => Sql.Name(Name);
    }
}
