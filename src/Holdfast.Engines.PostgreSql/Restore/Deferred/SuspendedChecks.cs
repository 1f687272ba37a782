using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// CHECK constraints of tables and domains that are dropped while rows are loaded, and re-created afterwards. A
/// constraint that fails is re-created as NOT VALID: it applies to new rows, and can be validated when its function
/// finds what it needs.
/// </summary>
/// <param name="connection">A session of the restore role.</param>
internal sealed class SuspendedChecks(NpgsqlConnection connection)
{
    // An inherited constraint is dropped with that of its parent; those of extensions are created by the extension.
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
    private readonly List<(Check Check, bool IsRestored, PostgresException Error, string Message)> _notRestored = [];
    private readonly List<string> _commentFailures = [];

    /// <summary>Drops the constraints.</summary>
    public async Task SuspendAsync(CancellationToken cancellationToken)
    {
        // A constraint that a table has of its own besides an inherited one is found only after that of its parent is
        // dropped.
        var retained = new HashSet<string>(StringComparer.Ordinal);
        while ((await FindAsync(cancellationToken)).Where(c => !retained.Contains(c.Text)).ToList() is { Count: > 0 } found)
        {
            foreach (var check in found)
            {
                if (
                    check.Kind == Domain
                    && await TryExecuteAsync($"BEGIN; {check.Drop}; {check.Add}; ROLLBACK", cancellationToken) is not null
                )
                {
                    // PostgreSQL cannot add a constraint to a domain that an array or a composite type in a table uses,
                    // so it is not dropped.
                    await connection.ExecuteAsync("ROLLBACK", cancellationToken);
                    retained.Add(check.Text);
                    continue;
                }

                await DeferredChecks.ExecuteAsync(connection, check.Drop, cancellationToken);
                _checks.Add(check);
            }
        }
    }

    /// <summary>
    /// Re-creates the constraints, those of partitions first: a table cannot have a constraint, or have it validated,
    /// if one of its partitions has not.
    /// </summary>
    /// <param name="convertedColumns">Columns that were converted to ordinary ones, each with its table as SQL.</param>
    /// <param name="partitions">The partitions that will be attached.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task ApplyAsync(
        IReadOnlySet<(string Table, string Column)> convertedColumns,
        DetachedPartitions partitions,
        CancellationToken cancellationToken
    )
    {
        foreach (var check in _checks.OrderByDescending(c => partitions.GetAncestors(c.Target).Count))
        {
            var descendants = _notRestored
                .Where(w => w.Check.Name == check.Name && partitions.GetAncestors(w.Check.Target).Contains(check.Target))
                .ToList();
            if (descendants.Find(w => !w.IsRestored) is { Error: { } missing })
            {
                _notRestored.Add((check, false, missing, DeferredChecks.FormatFailure(check.Text, missing, check.AddAndComment)));
                continue;
            }

            if ((descendants.Count > 0 ? descendants[0].Error : await TryExecuteAsync(check.Add, cancellationToken)) is { } error)
            {
                // A constraint on such a column would be dropped with it when the column is re-created.
                if (
                    convertedColumns.Any(o =>
                        o.Table == check.Target && check.Generated.Contains(Sql.QuoteIdentifier(o.Column), StringComparison.Ordinal)
                    )
                )
                {
                    _notRestored.Add((check, false, error, DeferredChecks.FormatFailure(check.Text, error, check.AddAndComment)));
                    continue;
                }

                if (await TryExecuteAsync($"{check.Add} NOT VALID", cancellationToken) is { } notValidError)
                {
                    _notRestored.Add((check, false, notValidError, DeferredChecks.FormatFailure(check.Text, notValidError, check.Add)));
                    continue;
                }

                var description = $"{check.Text}, for existing rows (new rows are checked)";
                _notRestored.Add((check, true, error, DeferredChecks.FormatFailure(description, error, check.Validate)));
            }

            if (check.Comment is not null && await TryExecuteAsync(check.CommentOn, cancellationToken) is { } commentError)
            {
                _commentFailures.Add(DeferredChecks.FormatFailure($"comment on {check.Text}", commentError, check.CommentOn));
            }
        }
    }

    /// <summary>Returns the failures, in the order in which to repair them. Repairing a table repairs its partitions.</summary>
    /// <param name="partitions">The partitions that have been attached again.</param>
    public IReadOnlyList<string> GetFailures(DetachedPartitions partitions)
    {
        var remaining = _notRestored.Where(w =>
            !partitions.IsReattached(w.Check.Target)
            || !_notRestored.Exists(o => o.Check.Name == w.Check.Name && partitions.GetAncestors(w.Check.Target).Contains(o.Check.Target))
        );
        return [.. remaining.Select(w => w.Message), .. _commentFailures];
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

    // All texts are SQL already: quoted and schema-qualified.
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
