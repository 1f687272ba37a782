using System.Data.Common;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Generated columns that need a function of the database. One that fails becomes an ordinary column without values, and what refuses rows
/// without them is left out.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
internal sealed class GeneratedColumns(NpgsqlConnection connection)
{
    // Up to version 14 the column needs the function, later its expression.
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

    // What follows is asked when code has run. A column that a table has from another, its root for a partition, is changed there, for all
    // that have it.
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

    // A table and all that have its columns, those above first; and whether that column refuses NULL there.
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

    // All partitions below a table, those above first, where one of them has partitions itself.
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

    // A constraint of a table, as the one that it has it from has it; once for each of its columns.
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

    private readonly Dictionary<(string Top, string Column), Failure> _failed = []; // once, also where several partitions have it
    private readonly List<(string Table, string? Check, PostgresException? Error, string Told)> _leftOut = [];
    private readonly HashSet<(string Table, string Column)> _converted = [];
    private readonly HashSet<(string Table, string Column)> _domainsDropped = [];
    private ILookup<(string Schema, string Table), GeneratedColumn> _columns = Array
        .Empty<GeneratedColumn>()
        .ToLookup(c => (c.Schema, c.Table));

    /// <summary>Whether there are any.</summary>
    public bool HasAny => _columns.Count > 0;

    /// <summary>The columns that became ordinary ones, each with its table as SQL.</summary>
    public IReadOnlySet<(string Table, string Column)> ConvertedColumns => _converted;

    /// <summary>Finds them.</summary>
    public async Task FindAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinCatalogSettingsSql, cancellationToken);
        _columns = (
            await connection.QueryAsync(
                ColumnsQuery,
                r => new GeneratedColumn(
                    r.GetString(0),
                    r.GetString(1),
                    r.GetString(2),
                    r.GetBoolean(3),
                    r.GetString(4),
                    r.GetStringOrNull(5),
                    r.GetString(6),
                    r.GetString(7)
                ),
                cancellationToken
            )
        ).ToLookup(c => (c.Schema, c.Table));
    }

    /// <summary>Those of a table.</summary>
    public IReadOnlyList<GeneratedColumn> GetColumns(string schema, string table) => [.. _columns[(schema, table)]];

    /// <summary>Makes those of a table ordinary ones that cannot be computed for its rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">The one that has its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> ConvertFailingAsync(
        string table,
        string rows,
        IReadOnlyList<GeneratedColumn> columns,
        CancellationToken cancellationToken
    )
    {
        var isAny = false;
        foreach (var column in await GetStillGeneratedAsync(table, columns, cancellationToken))
        {
            if (await DeferredChecks.TryExecuteAsync(connection, column.BuildEvaluationQuery(rows), cancellationToken) is not { } error)
            {
                continue;
            }
            await ConvertToOrdinaryAsync(table, column, error, cancellationToken);
            isAny = true;
        }

        return isAny;
    }

    /// <summary>
    /// Does something about rows that are refused, though each column can be computed by itself: leaves out a
    /// constraint that refuses NULL in
    /// one that is an ordinary one now, or makes those ordinary that it is about, or all where it is not known which.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="refused">Why its rows are refused.</param>
    /// <param name="isByColumn">Whether nothing but columns can be the reason.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it did; else the rows cannot be loaded.</returns>
    public async Task<bool> ResolveRejectionAsync(
        string table,
        IReadOnlyList<GeneratedColumn> columns,
        PostgresException refused,
        bool isByColumn,
        CancellationToken cancellationToken
    )
    {
        var still = await GetStillGeneratedAsync(table, columns, cancellationToken);
        List<GeneratedColumn> ordinary = [.. columns.Except(still)];
        var of = await FindCheckAsync(refused, cancellationToken);
        if (of is not null && ordinary.Any(c => of.Columns.Contains(c.Name)))
        {
            await DropCheckAsync(of, refused.ConstraintName ?? "", refused, cancellationToken);
            return true;
        }

        if (refused.DataTypeName is not null && await DropDomainTypeAsync(table, ordinary, cancellationToken))
        {
            return true;
        }
        var meant = still.Where(c => of?.Columns.Contains(c.Name) ?? (c.Name == refused.ColumnName)).ToList();
        if (meant.Count == 0 && isByColumn)
        {
            meant = still;
        }
        foreach (var column in meant)
        {
            await ConvertToOrdinaryAsync(table, column, refused, cancellationToken);
        }
        return meant.Count > 0;
    }

    /// <summary>
    /// Makes columns ordinary ones also in the other tables of a tree of partitions, and leaves the same constraints
    /// out there: else none of
    /// them could be attached. All rows are where they belong.
    /// </summary>
    /// <param name="trees">The trees, each with its tables as SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task AlignPartitionsAsync(IEnumerable<IReadOnlyList<string>> trees, CancellationToken cancellationToken)
    {
        foreach (var tree in trees)
        {
            var ordinary = _failed.Where(f => tree.Contains(f.Key.Top)).DistinctBy(f => f.Key.Column).Select(f => f.Value).ToList();
            var leftOut = new List<(string Name, PostgresException Error)>();
            foreach (
                var (_, check, error, _) in _leftOut
                    .Where(l => l.Check is not null && tree.Contains(l.Table))
                    .DistinctBy(l => l.Check)
                    .ToList()
            )
            {
                // A partition may have one of its own.
                if (await FindCheckAsync(tree[0], check!, cancellationToken) is not null)
                {
                    leftOut.Add((check!, error!));
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

                foreach (var (check, error) in leftOut)
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
    /// What failed, and what was left out for that, in the order in which it is mended. That of a partition is mended with its table's.
    /// </summary>
    /// <param name="partitions">Those that are attached again.</param>
    public IReadOnlyList<string> GetFailures(DetachedPartitions partitions)
    {
        var again = _failed.ToLookup(f =>
            partitions.IsReattached(f.Key.Top) && partitions.GetAncestors(f.Key.Top).Any(a => _failed.ContainsKey((a, f.Key.Column)))
        );
        // The table may let it be NULL where its partition does not.
        var stricter = again[true]
            .Where(f =>
                f.Value.Column.IsNotNull
                && !partitions.GetAncestors(f.Key.Top).Any(a => _failed.GetValueOrDefault((a, f.Key.Column))?.Column.IsNotNull == true)
            );
        var leftOut = _leftOut.Where(l =>
            l.Check is null
            || !partitions.IsReattached(l.Table)
            || !_leftOut.Exists(o => o.Check == l.Check && partitions.GetAncestors(l.Table).Contains(o.Table))
        );
        return
        [
            .. again[false].Select(f => f.Value.Message),
            .. stricter.Select(f => DescribeDroppedNotNull(f.Key.Top, f.Value.Column)),
            .. leftOut.Select(l => l.Told),
        ];
    }

    private static string DescribeDroppedNotNull(string table, GeneratedColumn column) =>
        FailedObjectParser.Format(
            $"NOT NULL of {column.QuotedName} of {table}",
            "it refuses rows without these values.",
            $"ALTER TABLE {table} ALTER COLUMN {column.QuotedName} SET NOT NULL"
        );

    private async Task DropCheckAsync(Check check, string name, PostgresException error, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(check.Drop, cancellationToken);
        var what = $"CHECK {check.Name} of {check.Table}, which refuses rows without these values";
        _leftOut.Add((check.Table, name, error, DeferredChecks.FormatFailure(what, error, check.Add)));
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
        foreach (var (schema, name, top) in await FindRootTablesAsync(table, column, "s", cancellationToken))
        {
            if (_failed.ContainsKey((top, column.Name)))
            {
                continue;
            }
            var made = GetColumns(schema, name).FirstOrDefault(c => c.Name == column.Name) ?? column;
            await DropExpressionAsync(top, column, cancellationToken);
            var what =
                $"generated column {column.QuotedName} of {top}, an ordinary one now that is NULL in restored rows "
                + "(to make it again takes what it has: indexes, constraints, statistics, comment, grants)";
            _failed.Add(
                (top, column.Name),
                new(made, e, DeferredChecks.FormatFailure(what, e, $"ALTER TABLE {top} {made.RecreateClause}"))
            );
            await DropNotNullAsync(top, made, cancellationToken);
        }
    }

    // PostgreSQL does so for a table and its partitions, and not for partitions of these. What is detached before those
    // above it, and attached
    // after them, keeps its identity columns.
    private async Task DropExpressionAsync(string top, GeneratedColumn column, CancellationToken cancellationToken)
    {
        var partitions = await QueryPinnedAsync(
            NestedPartitionsQuery,
            r => (Of: r.GetString(0), Name: r.GetString(1), Bound: r.GetString(2)),
            cancellationToken,
            top
        );
        IEnumerable<string> statements =
        [
            .. partitions.AsEnumerable().Reverse().Select(p => $"ALTER TABLE {p.Of} DETACH PARTITION {p.Name}"),
            .. partitions.Select(p => p.Name).Prepend(top).Select(t => $"ALTER TABLE {t} {column.DropExpressionClause}"),
            .. partitions.Select(p => $"ALTER TABLE {p.Of} ATTACH PARTITION {p.Name} {p.Bound}"),
        ];
        await connection.ExecuteAsync(string.Join("; ", statements), cancellationToken);
    }

    // It is made again with what its top has. A partition may be stricter than its root.
    private async Task DropNotNullAsync(string top, GeneratedColumn column, CancellationToken cancellationToken)
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
                _leftOut.Add((table, null, null, DescribeDroppedNotNull(table, column)));
            }
            tree = await TreeAsync(); // those below may have it from there
        }

        Task<List<(string Table, bool IsNotNull)>> TreeAsync() =>
            QueryPinnedAsync(DescendantsQuery, r => (r.GetString(0), r.GetBoolean(1)), cancellationToken, top, column.Name);
    }

    // Ordinary columns of a domain that refuses NULL become ones of the type below it. Where a view uses one that is
    // not done, nor by version
    // 14, which stumbles over the function that the column needed (XX000): the rows are then refused for the reason that there was before.
    private async Task<bool> DropDomainTypeAsync(string table, IReadOnlyList<GeneratedColumn> ordinary, CancellationToken cancellationToken)
    {
        var isAny = false;
        foreach (var column in ordinary.Where(c => c.BaseType is not null))
        {
            foreach (var (_, _, top) in await FindRootTablesAsync(table, column, "", cancellationToken))
            {
                if (!_domainsDropped.Add((top, column.Name)))
                {
                    continue;
                }
                var change = $"ALTER TABLE {top} ALTER COLUMN {column.QuotedName} TYPE {column.BaseType}{column.Collation}";
                try
                {
                    isAny |= await DeferredChecks.TryExecuteAsync(connection, change, cancellationToken) is null;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InternalError)
                {
                    // It failed as a whole.
                }
            }
        }

        return isAny;
    }

    private async Task<Check?> FindCheckAsync(PostgresException refused, CancellationToken cancellationToken)
    {
        if (refused.SqlState != PostgresErrorCodes.CheckViolation)
        {
            return null;
        }
        if (refused is not { SchemaName: { } schema, TableName: { } table, ConstraintName: { } name })
        {
            return null;
        }
        return await FindCheckAsync(schema, table, name, cancellationToken);
    }

    private async Task<Check?> FindCheckAsync(string table, string name, CancellationToken cancellationToken)
    {
        var (schema, of) = (await QueryPinnedAsync(TableNameQuery, r => (r.GetString(0), r.GetString(1)), cancellationToken, table))[0];
        return await FindCheckAsync(schema, of, name, cancellationToken);
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
        var (of, quoted, definition, comment, _) = found[0];
        return new(of, quoted, definition, comment, found.Where(f => f.Table == of).Select(f => f.Column).ToHashSet());
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

    // The path says how names are written.
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
