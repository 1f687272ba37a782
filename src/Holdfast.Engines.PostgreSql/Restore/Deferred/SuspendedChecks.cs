using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// CHECK constraints of tables and domains that are taken away while rows are loaded, and made again. One that fails is made without a look
/// at the rows that are there: it then stands as it did, holds for new rows, and is validated once its function finds what it needs.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
internal sealed class SuspendedChecks(NpgsqlConnection connection)
{
    // One that a table inherits goes with that of its parent; those of extensions are made by them.
    private const string ConstraintsQuery = $"""
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
          AND {DeferredChecks.NeedsFunctionCondition} f.classid = 'pg_constraint'::regclass AND f.objid = c.oid))
        ORDER BY c.oid
        """;

    private const string Domain = "DOMAIN";

    private readonly List<Check> _checks = [];
    private readonly List<(Check Check, bool IsThere, PostgresException Error, string Told)> _notRestored = [];
    private readonly List<string> _uncommented = [];

    /// <summary>Takes them away.</summary>
    public async Task SuspendAsync(CancellationToken cancellationToken)
    {
        // What a table has of its own besides what it inherits is found when that of its parent is gone.
        var kept = new HashSet<string>(StringComparer.Ordinal);
        while ((await FindAsync(cancellationToken)).Where(c => !kept.Contains(c.Text)).ToList() is { Count: > 0 } found)
        {
            foreach (var check in found)
            {
                if (
                    check.Kind == Domain
                    && await TryExecuteAsync($"BEGIN; {check.Drop}; {check.Add}; ROLLBACK", cancellationToken) is not null
                )
                {
                    // PostgreSQL adds none to a domain that an array or a composite type in a table uses: it stays as it is.
                    await connection.ExecuteAsync("ROLLBACK", cancellationToken);
                    kept.Add(check.Text);
                    continue;
                }

                await DeferredChecks.ExecuteAsync(connection, check.Drop, cancellationToken);
                _checks.Add(check);
            }
        }
    }

    /// <summary>
    /// Makes them again, those of partitions first: no table can have one of them, or have it valid, if a partition of it has not.
    /// </summary>
    /// <param name="ordinary">Columns that are generated no more, each with its table as SQL.</param>
    /// <param name="partitions">Those that are to be attached.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ApplyAsync(
        IReadOnlySet<(string Table, string Column)> ordinary,
        DetachedPartitions partitions,
        CancellationToken cancellationToken
    )
    {
        foreach (var check in _checks.OrderByDescending(c => partitions.GetAncestors(c.Target).Count))
        {
            var below = _notRestored
                .Where(w => w.Check.Name == check.Name && partitions.GetAncestors(w.Check.Target).Contains(check.Target))
                .ToList();
            if (below.Find(w => !w.IsThere) is { Error: { } missing })
            {
                _notRestored.Add((check, false, missing, DeferredChecks.FormatFailure(check.Text, missing, check.AddAndComment)));
                continue;
            }

            if ((below.Count > 0 ? below[0].Error : await TryExecuteAsync(check.Add, cancellationToken)) is { } error)
            {
                // One about such a column goes with it when that is made again.
                if (
                    ordinary.Any(o =>
                        o.Table == check.Target && check.Generated.Contains(Sql.QuoteIdentifier(o.Column), StringComparison.Ordinal)
                    )
                )
                {
                    _notRestored.Add((check, false, error, DeferredChecks.FormatFailure(check.Text, error, check.AddAndComment)));
                    continue;
                }

                if (await TryExecuteAsync($"{check.Add} NOT VALID", cancellationToken) is { } worse)
                {
                    _notRestored.Add((check, false, worse, DeferredChecks.FormatFailure(check.Text, worse, check.Add)));
                    continue;
                }

                var what = $"{check.Text}, for the rows that are there (new ones are checked)";
                _notRestored.Add((check, true, error, DeferredChecks.FormatFailure(what, error, check.Validate)));
            }

            if (check.Comment is not null && await TryExecuteAsync(check.CommentOn, cancellationToken) is { } uncommented)
            {
                _uncommented.Add(DeferredChecks.FormatFailure($"comment on {check.Text}", uncommented, check.CommentOn));
            }
        }
    }

    /// <summary>What failed, in the order in which it is mended. That of a partition is mended with that of its table.</summary>
    /// <param name="partitions">Those that are attached again.</param>
    public IReadOnlyList<string> GetFailures(DetachedPartitions partitions)
    {
        var left = _notRestored.Where(w =>
            !partitions.IsReattached(w.Check.Target)
            || !_notRestored.Exists(o => o.Check.Name == w.Check.Name && partitions.GetAncestors(w.Check.Target).Contains(o.Check.Target))
        );
        return [.. left.Select(w => w.Told), .. _uncommented];
    }

    private async Task<List<Check>> FindAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinCatalogSettingsSql, cancellationToken);
        return await connection.QueryAsync(
            ConstraintsQuery,
            r => new Check(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetStringOrNull(4), r.GetString(5)),
            cancellationToken
        );
    }

    private Task<PostgresException?> TryExecuteAsync(string sql, CancellationToken cancellationToken) =>
        DeferredChecks.TryExecuteAsync(connection, sql, cancellationToken);

    // Its text is SQL already: quoted, and with the schema.
    private sealed record Check(string Kind, string Target, string Name, string Definition, string? Comment, string Generated)
    {
        public string Text => $"CHECK {Name} of {Target}";

        public string Add => $"ALTER {Kind} {Target} ADD CONSTRAINT {Name} {Definition}";

        public string AddAndComment => Comment is null ? Add : $"{Add}; {CommentOn}";

        public string Validate => $"ALTER {Kind} {Target} VALIDATE CONSTRAINT {Name}";

        public string Drop => $"ALTER {Kind} {Target} DROP CONSTRAINT {Name}";

        public string CommentOn =>
            $"COMMENT ON CONSTRAINT {Name} ON {(Kind == Domain ? "DOMAIN " : "")}{Target} IS {Sql.QuoteLiteral(Comment ?? "")}";
    }
}
