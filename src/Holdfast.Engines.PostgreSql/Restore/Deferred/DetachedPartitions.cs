using System.Text.RegularExpressions;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Deferred;

/// <summary>
/// Partitions of tables whose key needs a function of the database. The server calls it for every row that a partition takes, so these are
/// tables by themselves while rows are loaded, and are attached when all are there. One that cannot be attached stays a table by itself,
/// with all its rows.
/// </summary>
/// <param name="connection">A session of the role that restores.</param>
/// <param name="head">The dump's head.</param>
internal sealed partial class DetachedPartitions(NpgsqlConnection connection, DumpHeader head)
{
    // All that is below such a table, those above first: a partition that has partitions loses and gains identity
    // columns with its table, and
    // those below it only lose them, so each of them is detached before it, and attached after it. A default partition
    // comes last: with rows
    // in it, each of the others would read it. Foreign tables take no rows from a dump, and those of extensions are made by them.
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

    // The root of every partition, as COPY of a dump names it.
    private const string RootsQuery = """
        SELECT n.nspname::text, c.relname::text, pg_partition_root(c.oid)::regclass::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition
        """;

    private const string AttachedQuery = """
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relispartition
        """;

    // Materialized views of tables, of those that they are partitions of, and of views of these; each before those that read it.
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
    /// Numbers of objects of the dump that make indexes of those that could not be attached parts of the indexes of
    /// their table: to attach the
    /// table does that too.
    /// </summary>
    public IReadOnlySet<int> DeferredEntryIds
    {
        get
        {
            // Both need the partition and its table.
            var pairs = head
                .Entries.Where(e => e.Kind == TocEntry.TableAttach && _leftDetached.Contains((e.Schema ?? "", e.Name)))
                .Select(e => e.DependsOn)
                .Where(p => p.Count > 1)
                .ToList();
            return head
                .Entries.Where(e => e.Kind == TocEntry.IndexAttach && pairs.Exists(p => p.All(e.DependsOn.Contains)))
                .Select(e => e.Id)
                .ToHashSet();
        }
    }

    /// <summary>
    /// Those that belong together, as SQL: the uppermost table, which is no partition, and all that are detached below
    /// it.
    /// </summary>
    public IEnumerable<IReadOnlyList<string>> PartitionTrees =>
        _partitions.GroupBy(p => p.Root, (root, below) => (string[])[root, .. below.Select(p => p.Name)]);

    /// <summary>Tables as SQL that one was a partition of, directly or not; none if it is not detached.</summary>
    public IReadOnlyList<string> GetAncestors(string table) => _partitions.FirstOrDefault(p => p.Name == table)?.Ancestors ?? [];

    /// <summary>Whether one is a partition again.</summary>
    public bool IsReattached(string table) => _partitions.Any(p => p.Name == table && !_leftDetached.Contains(p.QualifiedName));

    /// <summary>
    /// Whether rows are those of such a table that has some which come by way of its root. It finds the partition of each, so these stay
    /// attached, and the rows have to wait.
    /// </summary>
    public bool IsRoutedThroughRoot(TocEntry rows) => _routed.Contains(rows.Id);

    /// <summary>Finds them, but for those of a table whose rows come by way of its root. All definitions are made.</summary>
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
        var rows = head
            .Entries.Where(e => e.Kind == TocEntry.TableData)
            .Select(e => (Entry: e, Root: roots.GetValueOrDefault((e.Schema ?? "", e.Name), "")))
            .Where(e => keyed.Contains(e.Root))
            .ToList();
        var routed = rows.Where(r => !r.Entry.IsLoadedDirectly).Select(r => r.Root).ToHashSet(StringComparer.Ordinal);
        _routed.UnionWith(rows.Where(r => routed.Contains(r.Root)).Select(r => r.Entry.Id));
        _partitions = [.. found.Where(p => !routed.Contains(p.Root))];
    }

    /// <summary>Detaches them.</summary>
    public async Task DetachAsync(CancellationToken cancellationToken)
    {
        foreach (var partition in _partitions.Reverse())
        {
            await DeferredChecks.ExecuteAsync(connection, partition.Detach, cancellationToken);
        }
    }

    /// <summary>Attaches them. Constraints of their table have to be there again, as of the partition.</summary>
    /// <returns>What failed.</returns>
    public async Task<IReadOnlyList<string>> AttachAsync(CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        var incomplete = new HashSet<string>(StringComparer.Ordinal);
        foreach (var partition in _partitions)
        {
            var what = $"{partition.Name} as a partition of {partition.Parent} (a table by itself now, with all its rows)";
            if (partition.IsDefault && incomplete.Contains(partition.Parent))
            {
                // It would take rows of those that are missing, which could then never be attached.
                failed.Add(
                    FailedObjectParser.Format(what, "it would take rows of the partitions that could not be attached.", partition.Attach)
                );
            }
            else if (await DeferredChecks.TryExecuteAsync(connection, partition.Attach, cancellationToken) is { } error)
            {
                failed.Add(DeferredChecks.FormatFailure(what, error, partition.Attach));
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
    /// Tells the materialized views that lack rows, for a table that they read is not a partition of theirs, whatever
    /// it was that failed, or
    /// has not got its rows. All definitions are made.
    /// </summary>
    /// <param name="others">Tables, as SQL, that have not got all of theirs.</param>
    /// <param name="other">A session in which no code of the database has run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<string>> DescribeStaleViewsAsync(
        IEnumerable<string> others,
        NpgsqlConnection other,
        CancellationToken cancellationToken
    )
    {
        var attached = (await other.QueryAsync(AttachedQuery, r => (r.GetString(0), r.GetString(1)), cancellationToken)).ToHashSet();
        var incomplete = head
            .Entries.Where(e => e.Kind == TocEntry.TableAttach && !attached.Contains((e.Schema ?? "", e.Name)))
            .Select(e => ParentIn().Match(e.Definition ?? ""))
            .Where(m => m.Success)
            .Select(m => m.Groups[1].Value)
            .Concat(others)
            .ToHashSet(StringComparer.Ordinal);
        var views = await other.QueryAsync(StaleViewsQuery, r => r.GetString(0), cancellationToken, [incomplete.ToArray()]);
        return [.. views.Select(Tell)];

        static string Tell(string view) =>
            FailedObjectParser.Format(
                $"rows of {view}",
                "it was made while rows of tables that it reads were elsewhere.",
                $"REFRESH MATERIALIZED VIEW {view}"
            );
    }

    [GeneratedRegex("""^ALTER TABLE ONLY ((?:"(?:[^"]|"")+"|[^"\s.]+)\.(?:"(?:[^"]|"")+"|[^"\s.]+)) ATTACH PARTITION """)]
    private static partial Regex ParentIn();

    // Its text is SQL already: quoted, and with the schema.
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
