using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// CHECK constraints of tables and domains that are taken away while rows are loaded, and made again. One that fails is made without a look
/// at the rows that are there: it then stands as it did, holds for new rows, and is validated once its function finds what it needs.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
internal sealed class SuspendedChecks(NpgsqlConnection connection)
{
    // One that a table inherits goes with that of its parent; those of extensions are made by them.
    private const string Found = $"""
        SELECT CASE WHEN c.contypid = 0 THEN 'TABLE' ELSE 'DOMAIN' END,
               CASE WHEN c.contypid = 0 THEN c.conrelid::regclass::text ELSE c.contypid::regtype::text END,
               quote_ident(c.conname), pg_get_constraintdef(c.oid), obj_description(c.oid, 'pg_constraint'),
               COALESCE((SELECT string_agg('"' || replace(a.attname, '"', '""') || '"', ',') FROM pg_attribute a
                         WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attgenerated = 's'), '')
        FROM pg_constraint c
        WHERE c.contype = 'c' AND c.coninhcount = 0 AND c.convalidated
          AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.deptype = 'e'
              AND ((e.classid = 'pg_class'::regclass AND e.objid = c.conrelid)
                   OR (e.classid = 'pg_type'::regclass AND e.objid = c.contypid)))
          AND {LateChecks.NeedsFunction} f.classid = 'pg_constraint'::regclass AND f.objid = c.oid))
        ORDER BY c.oid
        """;

    private const string Domain = "DOMAIN";

    private readonly List<Check> _checks = [];

    /// <summary>Takes them away.</summary>
    public async Task SuspendAsync(CancellationToken cancellationToken)
    {
        // What a table has of its own besides what it inherits is found when that of its parent is gone.
        var kept = new HashSet<string>(StringComparer.Ordinal);
        while ((await FindAsync(cancellationToken)).Where(c => !kept.Contains(c.Text)).ToList() is { Count: > 0 } found)
        {
            foreach (var check in found)
            {
                if (check.Kind == Domain && await TryAsync($"BEGIN; {check.Drop}; {check.Add}; ROLLBACK", cancellationToken) is not null)
                {
                    // PostgreSQL adds none to a domain that an array or a composite type in a table uses: it stays as it is.
                    await connection.RunAsync("ROLLBACK", cancellationToken);
                    kept.Add(check.Text);
                    continue;
                }

                await LateChecks.RunAsync(connection, check.Drop, cancellationToken);
                _checks.Add(check);
            }
        }
    }

    /// <summary>Makes them again.</summary>
    /// <param name="ordinary">Columns that are generated no more, each with its table as SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What failed.</returns>
    public async Task<IReadOnlyList<string>> ApplyAsync(
        IReadOnlySet<(string Table, string Column)> ordinary, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        foreach (var check in _checks)
        {
            if (await TryAsync(check.Add, cancellationToken) is { } error)
            {
                // One about such a column goes with it when that is made again.
                if (ordinary.Any(o => o.Table == check.Of && check.Generated.Contains(Sql.Name(o.Column), StringComparison.Ordinal)))
                {
                    failed.Add(LateChecks.Tell(check.Text, error, check.AddAndComment));
                    continue;
                }

                if (await TryAsync($"{check.Add} NOT VALID", cancellationToken) is { } worse)
                {
                    failed.Add(LateChecks.Tell(check.Text, worse, check.Add));
                    continue;
                }

                failed.Add(LateChecks.Tell($"{check.Text}, for the rows that are there (new ones are checked)", error, check.Validate));
            }

            if (check.Comment is not null && await TryAsync(check.CommentOn, cancellationToken) is { } uncommented)
                failed.Add(LateChecks.Tell($"comment on {check.Text}", uncommented, check.CommentOn));
        }

        return failed;
    }

    private async Task<List<Check>> FindAsync(CancellationToken cancellationToken)
    {
        await connection.RunAsync(LoadSessions.PinCatalog, cancellationToken);
        return await connection.QueryAsync(
            Found,
            r => new Check(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.TextOrNull(4), r.GetString(5)),
            cancellationToken);
    }

    private Task<PostgresException?> TryAsync(string sql, CancellationToken cancellationToken) =>
        LateChecks.TryAsync(connection, sql, cancellationToken);

    // Its text is SQL already: quoted, and with the schema.
    private sealed record Check(string Kind, string Of, string Name, string Definition, string? Comment, string Generated)
    {
        public string Text => $"CHECK {Name} of {Of}";

        public string Add => $"ALTER {Kind} {Of} ADD CONSTRAINT {Name} {Definition}";

        public string AddAndComment => Comment is null ? Add : $"{Add}; {CommentOn}";

        public string Validate => $"ALTER {Kind} {Of} VALIDATE CONSTRAINT {Name}";

        public string Drop => $"ALTER {Kind} {Of} DROP CONSTRAINT {Name}";

        public string CommentOn =>
            $"COMMENT ON CONSTRAINT {Name} ON {(Kind == Domain ? "DOMAIN " : "")}{Of} IS {Sql.Text(Comment ?? "")}";
    }
}
