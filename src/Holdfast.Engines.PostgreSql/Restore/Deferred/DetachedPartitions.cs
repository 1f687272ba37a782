using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Partitions of tables whose partition key depends on a function of the database. The server calls it for every row
/// that a partition receives, so they are detached while rows are loaded, and attached again afterwards. A partition
/// that cannot be attached stays a separate table with all its rows.
/// </summary>
/// <param name="connection">A session of the restore role.</param>
/// <param name="header">The header of the dump.</param>
internal sealed partial class DetachedPartitions(NpgsqlConnection connection, DumpHeader header)
{
    // All descendants of such a table, ancestors first: a partition with partitions loses and regains identity columns
    // with its table, while its own partitions only lose them, so each is detached before its parent and attached after
    // it. A default partition comes last: if it had rows, attaching each other partition would scan it. Foreign tables
    // have no rows in a dump, and those of extensions are created by them.
    private const string PartitionsQuery = """
        WITH RECURSIVE keyed(id, depth) AS (
            SELECT DISTINCT f.objid, 0 FROM pg_depend f
            WHERE f.classid = 'pg_class'::regclass AND f.objsubid = 0
              AND f.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass)
              AND EXISTS (SELECT 1 FROM pg_partitioned_table k WHERE k.partrelid = f.objid)
            UNION SELECT i.inhrelid, k.depth + 1 FROM keyed k JOIN pg_inherits i ON i.inhparent = k.id
            WHERE EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = i.inhrelid AND c.relispartition AND c.relkind = 'p'))
        SELECT p.oid::regclass::text, n.nspname::text, c.relname::text, c.oid::regclass::text, pg_get_expr(c.relpartbound, c.oid),
               pg_partition_root(c.oid)::regclass::text,
               ARRAY(SELECT a.relid::regclass::text FROM pg_partition_ancestors(c.oid) a WHERE a.relid <> c.oid)
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_class p ON p.oid = i.inhparent
        WHERE c.relispartition AND c.relkind IN ('r', 'p')
          AND p.oid IN (SELECT id FROM keyed)
          AND NOT EXISTS (SELECT 1 FROM pg_depend e
                          WHERE e.deptype = 'e' AND e.classid = 'pg_class'::regclass AND e.objid IN (p.oid, c.oid))
        ORDER BY (SELECT count(*) FROM pg_partition_ancestors(c.oid)), pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', c.oid
        """;

    // The root of every partition, as the COPY statements of a dump name it.
    private const string RootsQuery = """
        SELECT n.nspname::text, c.relname::text, pg_partition_root(c.oid)::regclass::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition
        """;

    private const string AttachedQuery = """
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relispartition
        """;

    // Materialized views of these tables, of the tables that they are partitions of, and of views of those; each before
    // those that read it.
    private const string StaleViewsQuery = """
        WITH RECURSIVE tables(id) AS (
            SELECT pg_catalog.to_regclass(n)::pg_catalog.oid FROM pg_catalog.unnest($1::pg_catalog.text[]) n
            UNION SELECT i.inhparent FROM tables t JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) t.id),
        users(id) AS (
            SELECT t.id FROM tables t
            UNION SELECT w.ev_class
            FROM users u JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) u.id
                 JOIN pg_catalog.pg_rewrite w ON w.oid OPERATOR(pg_catalog.=) d.objid
            WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass)
        SELECT c.oid::pg_catalog.regclass::pg_catalog.text
        FROM users u JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) u.id
        WHERE c.relkind OPERATOR(pg_catalog.=) 'm' AND c.relispopulated
        ORDER BY c.oid
        """;

    private readonly HashSet<(string Schema, string Name)> _leftDetached = [];
    private readonly HashSet<int> _routed = [];
    private IReadOnlyList<Partition> _partitions = [];

    /// <summary>
    /// Ids of dump objects that attach indexes of the partitions that stay detached: attaching the table attaches its
    /// indexes as well.
    /// </summary>
    public IReadOnlySet<int> DeferredEntryIds
    {
        get
        {
            // These entries depend on both the partition and its table.
            var pairs = header
                .Entries.Where(e => e.Kind == TocEntry.TableAttach && _leftDetached.Contains((e.Schema ?? "", e.Name)))
                .Select(e => e.DependsOn)
                .Where(p => p.Count > 1)
                .ToList();
            return header
                .Entries.Where(e => e.Kind == TocEntry.IndexAttach && pairs.Exists(p => p.All(e.DependsOn.Contains)))
                .Select(e => e.Id)
                .ToHashSet();
        }
    }

    /// <summary>The trees of partitions as SQL: the root table, and all its detached descendants.</summary>
    public IEnumerable<IReadOnlyList<string>> PartitionTrees =>
        _partitions.GroupBy(p => p.Root, (root, below) => (string[])[root, .. below.Select(p => p.Name)]);

    /// <summary>Returns the former ancestors of a table as SQL; none if it was not detached.</summary>
    public IReadOnlyList<string> GetAncestors(string table) => _partitions.FirstOrDefault(p => p.Name == table)?.Ancestors ?? [];

    /// <summary>Whether a table has been attached again.</summary>
    public bool IsReattached(string table) => _partitions.Any(p => p.Name == table && !_leftDetached.Contains(p.QualifiedName));

    /// <summary>
    /// Whether some rows of this tree are loaded through its root. The root routes each row to its partition, so these
    /// partitions stay attached, and the rows are staged instead.
    /// </summary>
    public bool IsRoutedThroughRoot(TocEntry rows) => _routed.Contains(rows.Id);

    /// <summary>
    /// Finds the partitions, except those of trees whose rows are loaded through the root. Called after all definitions
    /// are created.
    /// </summary>
    public async Task FindAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(LoadSessionFactory.PinCatalogSettingsSql, cancellationToken);
        var found = await connection.QueryAsync(
            PartitionsQuery,
            r => new Partition(
                r.GetString(0),
                (r.GetString(1), r.GetString(2)),
                r.GetString(3),
                r.GetString(4),
                r.GetString(5),
                r.GetFieldValue<string[]>(6)
            ),
            cancellationToken
        );
        if (found.Count == 0)
        {
            return;
        }
        var roots = (
            await connection.QueryAsync(RootsQuery, r => (Name: (r.GetString(0), r.GetString(1)), Root: r.GetString(2)), cancellationToken)
        ).ToDictionary(p => p.Name, p => p.Root);
        var keyed = found.Select(p => p.Root).ToHashSet(StringComparer.Ordinal);
        var rows = header
            .Entries.Where(e => e.Kind == TocEntry.TableData)
            .Select(e => (Entry: e, Root: roots.GetValueOrDefault((e.Schema ?? "", e.Name), "")))
            .Where(e => keyed.Contains(e.Root))
            .ToList();
        var routed = rows.Where(r => !r.Entry.IsLoadedDirectly).Select(r => r.Root).ToHashSet(StringComparer.Ordinal);
        _routed.UnionWith(rows.Where(r => routed.Contains(r.Root)).Select(r => r.Entry.Id));
        _partitions = [.. found.Where(p => !routed.Contains(p.Root))];
    }

    /// <summary>Detaches the partitions.</summary>
    public async Task DetachAsync(CancellationToken cancellationToken)
    {
        foreach (var partition in _partitions.Reverse())
        {
            await DeferredChecks.ExecuteAsync(connection, partition.Detach, cancellationToken);
        }
    }

    /// <summary>Attaches the partitions. Constraints of their tables must exist again, on the partitions as well.</summary>
    /// <returns>The failures.</returns>
    public async Task<IReadOnlyList<string>> AttachAsync(CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        var incomplete = new HashSet<string>(StringComparer.Ordinal);
        foreach (var partition in _partitions)
        {
            var description = $"{partition.Name} as a partition of {partition.Parent} (now a separate table with all its rows)";
            if (partition.IsDefault && incomplete.Contains(partition.Parent))
            {
                // It would accept rows that belong to the missing partitions, which could then never be attached.
                failed.Add(
                    FailedObjectParser.Format(
                        description,
                        "it would accept rows of the partitions that could not be attached.",
                        partition.Attach
                    )
                );
            }
            else if (await DeferredChecks.TryExecuteAsync(connection, partition.Attach, cancellationToken) is { } error)
            {
                failed.Add(DeferredChecks.FormatFailure(description, error, partition.Attach));
                incomplete.Add(partition.Parent);
            }
            else
            {
                continue;
            }

            _leftDetached.Add(partition.QualifiedName);
        }

        return failed;
    }

    /// <summary>
    /// Describes the materialized views that lack rows because a table that they read, for whatever reason, is not
    /// attached or lacks rows. Called after all definitions are created.
    /// </summary>
    /// <param name="incompleteTables">Further tables that lack rows, as SQL.</param>
    /// <param name="cleanSession">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<IReadOnlyList<string>> DescribeStaleViewsAsync(
        IEnumerable<string> incompleteTables,
        NpgsqlConnection cleanSession,
        CancellationToken cancellationToken
    )
    {
        var attached = (await cleanSession.QueryAsync(AttachedQuery, r => (r.GetString(0), r.GetString(1)), cancellationToken)).ToHashSet();
        var incomplete = header
            .Entries.Where(e => e.Kind == TocEntry.TableAttach && !attached.Contains((e.Schema ?? "", e.Name)))
            .Select(e => ParentIn().Match(e.Definition ?? ""))
            .Where(m => m.Success)
            .Select(m => m.Groups[1].Value)
            .Concat(incompleteTables)
            .ToHashSet(StringComparer.Ordinal);
        var views = await cleanSession.QueryAsync(StaleViewsQuery, r => r.GetString(0), cancellationToken, [incomplete.ToArray()]);
        return [.. views.Select(Describe)];

        static string Describe(string view) =>
            FailedObjectParser.Format(
                $"rows of {view}",
                "it was populated while tables that it reads lacked rows.",
                $"REFRESH MATERIALIZED VIEW {view}"
            );
    }

    [GeneratedRegex("""^ALTER TABLE ONLY ((?:"(?:[^"]|"")+"|[^"\s.]+)\.(?:"(?:[^"]|"")+"|[^"\s.]+)) ATTACH PARTITION """)]
    private static partial Regex ParentIn();

    // All texts are SQL already: quoted and schema-qualified.
    private sealed record Partition(
        string Parent,
        (string Schema, string Name) QualifiedName,
        string Name,
        string Bound,
        string Root,
        string[] Ancestors
    )
    {
        public bool IsDefault => Bound == "DEFAULT";

        public string Attach => $"ALTER TABLE {Parent} ATTACH PARTITION {Name} {Bound}";

        public string Detach => $"ALTER TABLE {Parent} DETACH PARTITION {Name}";
    }
}
