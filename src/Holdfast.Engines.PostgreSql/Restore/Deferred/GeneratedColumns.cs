using System.Data.Common;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Generated columns that depend on a function of the database. A column whose function fails is converted to an
/// ordinary column without values, and constraints that reject rows without these values are dropped.
/// </summary>
/// <param name="connection">A session of the restore role.</param>
internal sealed class GeneratedColumns(NpgsqlConnection connection)
{
    // Up to version 14, the column depends on the function; later, its expression does.
    private const string ColumnsQuery = $"""
        SELECT n.nspname::text, r.relname::text, a.attname::text, a.attnotnull, format_type(a.atttypid, a.atttypmod),
               CASE WHEN t.typtype = 'd' THEN (
                   WITH RECURSIVE below(id, kind, base, modifier) AS (
                       SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod
                       UNION ALL SELECT u.oid, u.typtype, u.typbasetype, CASE u.typtype WHEN 'd' THEN u.typtypmod ELSE b.modifier END
                       FROM below b JOIN pg_type u ON u.oid = b.base WHERE b.kind = 'd')
                   SELECT format_type(id, modifier) FROM below WHERE kind <> 'd') END,
               COALESCE((SELECT ' COLLATE ' || quote_ident(ln.nspname) || '.' || quote_ident(l.collname)
                         FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
                         WHERE l.oid = a.attcollation AND l.oid <> t.typcollation), ''),
               pg_get_expr(x.adbin, x.adrelid)
        FROM pg_attribute a JOIN pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
             JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
             JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attgenerated = 's' AND {DeferredChecks.NeedsFunctionCondition}
              (f.classid = 'pg_attrdef'::regclass AND f.objid = x.oid)
              OR (f.classid = 'pg_class'::regclass AND f.objid = a.attrelid AND f.objsubid = a.attnum)))
        ORDER BY a.attrelid, a.attnum
        """;

    // The following queries run after code of the database, so they qualify every name. An inherited column, and that
    // of a partition, is changed at the root for all tables that have it.
    private const string RootTablesQuery = """
        WITH RECURSIVE parents(child, parent) AS (
            SELECT i.inhrelid, i.inhparent
            FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.inhparent
            WHERE a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name AND a.attgenerated::pg_catalog.text OPERATOR(pg_catalog.=) $3),
        up(id) AS (
            SELECT $1::pg_catalog.regclass::pg_catalog.oid
            UNION SELECT p.parent FROM up JOIN parents p ON p.child OPERATOR(pg_catalog.=) up.id)
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.oid::pg_catalog.regclass::pg_catalog.text
        FROM up JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) up.id
             JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE NOT EXISTS (SELECT 1 FROM parents p WHERE p.child OPERATOR(pg_catalog.=) up.id)
        """;

    // A table and all descendants that have its column, ancestors first, and whether the column is NOT NULL there.
    private const string DescendantsQuery = """
        WITH RECURSIVE tree(id, depth) AS (
            SELECT $1::pg_catalog.regclass::pg_catalog.oid, 0
            UNION SELECT i.inhrelid, t.depth OPERATOR(pg_catalog.+) 1
            FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.id)
        SELECT t.id::pg_catalog.regclass::pg_catalog.text, a.attnotnull
        FROM tree t JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.id
        WHERE a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
        ORDER BY t.depth, 1
        """;

    // All partitions of a table, ancestors first, if one of them has partitions itself.
    private const string NestedPartitionsQuery = """
        WITH RECURSIVE tree(id, parent, depth) AS (
            SELECT i.inhrelid, i.inhparent, 1 FROM pg_catalog.pg_inherits i
            WHERE i.inhparent OPERATOR(pg_catalog.=) $1::pg_catalog.regclass
            UNION SELECT i.inhrelid, i.inhparent, t.depth OPERATOR(pg_catalog.+) 1
            FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.id)
        SELECT t.parent::pg_catalog.regclass::pg_catalog.text, t.id::pg_catalog.regclass::pg_catalog.text,
               pg_catalog.pg_get_expr(c.relpartbound, c.oid)
        FROM tree t JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.id
        WHERE c.relispartition AND EXISTS (SELECT 1 FROM tree b WHERE b.depth OPERATOR(pg_catalog.>) 1)
        ORDER BY t.depth, pg_catalog.pg_get_expr(c.relpartbound, c.oid) OPERATOR(pg_catalog.=) 'DEFAULT', c.oid
        """;

    private const string TableNameQuery = """
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.regclass::pg_catalog.oid
        """;

    private const string GeneratedColumnsQuery = """
        SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.regclass AND a.attgenerated OPERATOR(pg_catalog.=) 's'
        """;

    // A constraint of a table, at the table from which it is inherited; one row for each of its columns.
    private const string ConstraintQuery = """
        WITH RECURSIVE up(id) AS (
            SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND c.relname OPERATOR(pg_catalog.=) $2::pg_catalog.name
            UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) up.id)
        SELECT k.conrelid::pg_catalog.regclass::pg_catalog.text, pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid),
               pg_catalog.obj_description(k.oid, 'pg_constraint'), a.attname::pg_catalog.text
        FROM up JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) up.id
             JOIN pg_catalog.pg_attribute a
             ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey)
        WHERE k.conname OPERATOR(pg_catalog.=) $3::pg_catalog.name AND k.contype OPERATOR(pg_catalog.=) 'c'
              AND k.coninhcount OPERATOR(pg_catalog.=) 0
        ORDER BY k.oid, a.attnum
        """;

    private readonly Dictionary<(string Root, string Column), Failure> _failed = []; // reported once even if several partitions have it
    private readonly List<(string Table, string? Check, PostgresException? Error, string Message)> _dropped = [];
    private readonly HashSet<(string Table, string Column)> _converted = [];
    private readonly HashSet<(string Table, string Column)> _domainsDropped = [];
    private ILookup<(string Schema, string Table), GeneratedColumn> _columns = Array
        .Empty<GeneratedColumn>()
        .ToLookup(c => (c.Schema, c.Table));

    /// <summary>Whether there are such columns.</summary>
    public bool HasAny => _columns.Count > 0;

    /// <summary>The columns that were converted to ordinary ones, each with its table as SQL.</summary>
    public IReadOnlySet<(string Table, string Column)> ConvertedColumns => _converted;

    /// <summary>Finds the columns.</summary>
    public async Task FindAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinCatalogSettingsSql, cancellationToken);
        _columns = (
            await connection.QueryAsync(
                ColumnsQuery,
                r => new GeneratedColumn
                {
                    Schema = r.GetString(0),
                    Table = r.GetString(1),
                    Name = r.GetString(2),
                    IsNotNull = r.GetBoolean(3),
                    Type = r.GetString(4),
                    BaseType = r.GetStringOrNull(5),
                    Collation = r.GetString(6),
                    Expression = r.GetString(7),
                },
                cancellationToken
            )
        ).ToLookup(c => (c.Schema, c.Table));
    }

    /// <summary>Returns the columns of a table.</summary>
    public IReadOnlyList<GeneratedColumn> GetColumns(string schema, string table) => [.. _columns[(schema, table)]];

    /// <summary>Converts the columns of a table whose values cannot be computed for its rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">The table that contains its rows.</param>
    /// <param name="columns">Its generated columns.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Whether a column was converted.</returns>
    public async Task<bool> ConvertFailingAsync(
        string table,
        string rows,
        IReadOnlyList<GeneratedColumn> columns,
        CancellationToken cancellationToken
    )
    {
        var hasConverted = false;
        foreach (var column in await GetStillGeneratedAsync(table, columns, cancellationToken))
        {
            if (await DeferredChecks.TryExecuteAsync(connection, column.BuildEvaluationQuery(rows), cancellationToken) is not { } error)
            {
                continue;
            }
            await ConvertToOrdinaryAsync(table, column, error, cancellationToken);
            hasConverted = true;
        }

        return hasConverted;
    }

    /// <summary>
    /// Resolves the rejection of rows although each column can be computed: drops the constraint if it rejects NULL in
    /// a converted column, else converts the columns that it refers to, or all columns if these are not known.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Its generated columns.</param>
    /// <param name="rejection">The error with which the rows were rejected.</param>
    /// <param name="isByColumn">Whether only columns can be the cause.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Whether anything was changed; if not, the rows cannot be loaded.</returns>
    public async Task<bool> ResolveRejectionAsync(
        string table,
        IReadOnlyList<GeneratedColumn> columns,
        PostgresException rejection,
        bool isByColumn,
        CancellationToken cancellationToken
    )
    {
        var generated = await GetStillGeneratedAsync(table, columns, cancellationToken);
        List<GeneratedColumn> ordinary = [.. columns.Except(generated)];
        var check = await FindCheckAsync(rejection, cancellationToken);
        if (check is not null && ordinary.Any(c => check.Columns.Contains(c.Name)))
        {
            await DropCheckAsync(check, rejection.ConstraintName ?? "", rejection, cancellationToken);
            return true;
        }

        if (rejection.DataTypeName is not null && await DropDomainTypeAsync(table, ordinary, cancellationToken))
        {
            return true;
        }
        var candidates = generated.Where(c => check?.Columns.Contains(c.Name) ?? (c.Name == rejection.ColumnName)).ToList();
        if (candidates.Count == 0 && isByColumn)
        {
            candidates = generated;
        }
        foreach (var column in candidates)
        {
            await ConvertToOrdinaryAsync(table, column, rejection, cancellationToken);
        }
        return candidates.Count > 0;
    }

    /// <summary>
    /// Converts the same columns in the other tables of a partition tree, and drops the same constraints there:
    /// otherwise no partition could be attached. Called after all rows have been moved.
    /// </summary>
    /// <param name="trees">The partition trees, each with its tables as SQL.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task AlignPartitionsAsync(IEnumerable<IReadOnlyList<string>> trees, CancellationToken cancellationToken)
    {
        foreach (var tree in trees)
        {
            var ordinary = _failed.Where(f => tree.Contains(f.Key.Root)).DistinctBy(f => f.Key.Column).Select(f => f.Value).ToList();
            var dropped = new List<(string Name, PostgresException Error)>();
            foreach (
                var (_, check, error, _) in _dropped
                    .Where(l => l.Check is not null && tree.Contains(l.Table))
                    .DistinctBy(l => l.Check)
                    .ToList()
            )
            {
                // A partition may have a constraint of its own.
                if (await FindCheckAsync(tree[0], check!, cancellationToken) is not null)
                {
                    dropped.Add((check!, error!));
                }
            }

            foreach (var table in tree.Reverse())
            {
                foreach (var (column, error, _) in ordinary)
                {
                    var isStill = (await GetStillGeneratedAsync(table, [column], cancellationToken)).Count > 0;
                    if (isStill)
                    {
                        await ConvertToOrdinaryAsync(table, column, error, cancellationToken);
                    }
                }

                foreach (var (check, error) in dropped)
                {
                    var found = await FindCheckAsync(table, check, cancellationToken);
                    if (found is not null)
                    {
                        await DropCheckAsync(found, check, error, cancellationToken);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Returns the failures, and the constraints that were dropped because of them, in the order in which to repair
    /// them. Repairing a table repairs its partitions.
    /// </summary>
    /// <param name="partitions">The partitions that have been attached again.</param>
    public IReadOnlyList<string> GetFailures(DetachedPartitions partitions)
    {
        var byReattached = _failed.ToLookup(f =>
            partitions.IsReattached(f.Key.Root) && partitions.GetAncestors(f.Key.Root).Any(a => _failed.ContainsKey((a, f.Key.Column)))
        );
        // The table may allow NULL where its partition does not.
        var stricter = byReattached[true]
            .Where(f =>
                f.Value.Column.IsNotNull
                && !partitions.GetAncestors(f.Key.Root).Any(a => _failed.GetValueOrDefault((a, f.Key.Column))?.Column.IsNotNull == true)
            );
        var dropped = _dropped.Where(l =>
            l.Check is null
            || !partitions.IsReattached(l.Table)
            || !_dropped.Exists(o => o.Check == l.Check && partitions.GetAncestors(l.Table).Contains(o.Table))
        );
        return
        [
            .. byReattached[false].Select(f => f.Value.Message),
            .. stricter.Select(f => DescribeDroppedNotNull(f.Key.Root, f.Value.Column)),
            .. dropped.Select(l => l.Message),
        ];
    }

    private static string DescribeDroppedNotNull(string table, GeneratedColumn column) =>
        FailedObjectParser.Format(
            $"NOT NULL of {column.QuotedName} of {table}",
            "it rejects rows without these values.",
            $"ALTER TABLE {table} ALTER COLUMN {column.QuotedName} SET NOT NULL"
        );

    private async Task DropCheckAsync(Check check, string name, PostgresException error, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(check.Drop, cancellationToken);
        var description = $"CHECK {check.Name} of {check.Table}, which rejects rows without these values";
        _dropped.Add((check.Table, name, error, DeferredChecks.FormatFailure(description, error, check.Add)));
    }

    private async Task<List<GeneratedColumn>> GetStillGeneratedAsync(
        string table,
        IReadOnlyList<GeneratedColumn> columns,
        CancellationToken cancellationToken
    )
    {
        var names = await QueryPinnedAsync(GeneratedColumnsQuery, r => r.GetString(0), cancellationToken, table);
        return [.. columns.Where(c => names.Contains(c.Name))];
    }

    private async Task ConvertToOrdinaryAsync(
        string table,
        GeneratedColumn column,
        PostgresException e,
        CancellationToken cancellationToken
    )
    {
        foreach (var (schema, name, root) in await FindRootTablesAsync(table, column, "s", cancellationToken))
        {
            if (_failed.ContainsKey((root, column.Name)))
            {
                continue;
            }
            var rootColumn = GetColumns(schema, name).FirstOrDefault(c => c.Name == column.Name) ?? column;
            await DropExpressionAsync(root, column, cancellationToken);
            var description =
                $"generated column {column.QuotedName} of {root}, now an ordinary column that is NULL in restored rows "
                + "(re-creating it drops what depends on it: indexes, constraints, statistics, comment, grants)";
            _failed.Add(
                (root, column.Name),
                new(rootColumn, e, DeferredChecks.FormatFailure(description, e, $"ALTER TABLE {root} {rootColumn.RecreateClause}"))
            );
            await DropNotNullAsync(root, rootColumn, cancellationToken);
        }
    }

    // PostgreSQL does this for a table and its partitions, but not for their partitions. Detaching descendants before
    // ancestors, and attaching them afterwards, keeps their identity columns.
    private async Task DropExpressionAsync(string root, GeneratedColumn column, CancellationToken cancellationToken)
    {
        var partitions = await QueryPinnedAsync(
            NestedPartitionsQuery,
            r => (Parent: r.GetString(0), Name: r.GetString(1), Bound: r.GetString(2)),
            cancellationToken,
            root
        );
        IEnumerable<string> statements =
        [
            .. partitions.AsEnumerable().Reverse().Select(p => $"ALTER TABLE {p.Parent} DETACH PARTITION {p.Name}"),
            .. partitions.Select(p => p.Name).Prepend(root).Select(t => $"ALTER TABLE {t} {column.DropExpressionClause}"),
            .. partitions.Select(p => $"ALTER TABLE {p.Parent} ATTACH PARTITION {p.Name} {p.Bound}"),
        ];
        await connection.ExecuteAsync(string.Join("; ", statements), cancellationToken);
    }

    // The column gets the nullability of the root when it is re-created. A partition may be stricter than its root.
    private async Task DropNotNullAsync(string root, GeneratedColumn column, CancellationToken cancellationToken)
    {
        var tree = await TreeAsync();
        foreach (var (table, _) in tree)
        {
            _converted.Add((table, column.Name));
        }
        while (tree.Find(t => t.IsNotNull) is { Table: { } table })
        {
            await connection.ExecuteAsync($"ALTER TABLE {table} ALTER COLUMN {column.QuotedName} DROP NOT NULL", cancellationToken);
            if (!column.IsNotNull)
            {
                _dropped.Add((table, null, null, DescribeDroppedNotNull(table, column)));
            }
            tree = await TreeAsync(); // descendants may have inherited it
        }

        Task<List<(string Table, bool IsNotNull)>> TreeAsync() =>
            QueryPinnedAsync(DescendantsQuery, r => (r.GetString(0), r.GetBoolean(1)), cancellationToken, root, column.Name);
    }

    // Converted columns of a domain that rejects NULL get the domain's base type. This fails if a view uses the column,
    // and on version 14, which fails on the function that the column depended on (XX000): the rows are then rejected
    // with the same error as before.
    private async Task<bool> DropDomainTypeAsync(string table, IReadOnlyList<GeneratedColumn> ordinary, CancellationToken cancellationToken)
    {
        var hasConverted = false;
        foreach (var column in ordinary.Where(c => c.BaseType is not null))
        {
            foreach (var (_, _, root) in await FindRootTablesAsync(table, column, "", cancellationToken))
            {
                if (!_domainsDropped.Add((root, column.Name)))
                {
                    continue;
                }
                var change = $"ALTER TABLE {root} ALTER COLUMN {column.QuotedName} TYPE {column.BaseType}{column.Collation}";
                try
                {
                    hasConverted |= await DeferredChecks.TryExecuteAsync(connection, change, cancellationToken) is null;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InternalError)
                {
                    // The statement failed and changed nothing.
                }
            }
        }

        return hasConverted;
    }

    private async Task<Check?> FindCheckAsync(PostgresException rejection, CancellationToken cancellationToken)
    {
        if (rejection.SqlState != PostgresErrorCodes.CheckViolation)
        {
            return null;
        }
        if (rejection is not { SchemaName: { } schema, TableName: { } table, ConstraintName: { } name })
        {
            return null;
        }
        return await FindCheckAsync(schema, table, name, cancellationToken);
    }

    private async Task<Check?> FindCheckAsync(string table, string name, CancellationToken cancellationToken)
    {
        var (schema, check) = (await QueryPinnedAsync(TableNameQuery, r => (r.GetString(0), r.GetString(1)), cancellationToken, table))[0];
        return await FindCheckAsync(schema, check, name, cancellationToken);
    }

    private async Task<Check?> FindCheckAsync(string schema, string table, string name, CancellationToken cancellationToken)
    {
        var found = await QueryPinnedAsync(
            ConstraintQuery,
            r =>
                (
                    Table: r.GetString(0),
                    Name: r.GetString(1),
                    Definition: r.GetString(2),
                    Comment: r.GetStringOrNull(3),
                    Column: r.GetString(4)
                ),
            cancellationToken,
            schema,
            table,
            name
        );
        if (found.Count == 0)
        {
            return null;
        }
        var (check, quoted, definition, comment, _) = found[0];
        return new(check, quoted, definition, comment, found.Where(f => f.Table == check).Select(f => f.Column).ToHashSet());
    }

    private Task<List<(string Schema, string Name, string Text)>> FindRootTablesAsync(
        string table,
        GeneratedColumn column,
        string generated,
        CancellationToken cancellationToken
    ) =>
        QueryPinnedAsync(
            RootTablesQuery,
            r => (r.GetString(0), r.GetString(1), r.GetString(2)),
            cancellationToken,
            table,
            column.Name,
            generated
        );

    // The search path determines how names are written.
    private async Task<List<T>> QueryPinnedAsync<T>(
        string sql,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken,
        params object[] parameters
    )
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinSettingsSql, cancellationToken);
        return await connection.QueryAsync(sql, read, cancellationToken, parameters);
    }

    private sealed record Failure(GeneratedColumn Column, PostgresException Error, string Message);

    private sealed record Check(string Table, string Name, string Definition, string? Comment, IReadOnlySet<string> Columns)
    {
        public string Drop => $"ALTER TABLE {Table} DROP CONSTRAINT {Name}";

        public string Add =>
            $"ALTER TABLE {Table} ADD CONSTRAINT {Name} {Definition}"
            + (Comment is null ? "" : $"; COMMENT ON CONSTRAINT {Name} ON {Table} IS {Sql.QuoteLiteral(Comment)}");
    }
}
