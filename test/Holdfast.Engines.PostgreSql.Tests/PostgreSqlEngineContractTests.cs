using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql.Tests;

[Trait("Category", "Slow")]
public sealed class PostgreSqlEngineContractTests(Cluster cluster) : EngineContract
{
    protected override IDatabaseEngine Engine { get; } = new PostgreSqlEngine();

    protected override bool HasSnapshots => false;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await cluster.ClearAsync();
    }

    protected override ValueTask<SourceConfig> NewSourceAsync() => new(cluster.Source());

    protected override SourceConfig DownSource() => cluster.Source() with { Hosts = [new("127.0.0.1", Postmaster.FreePort())] };

    protected override async Task CreateAsync(string name, int rows)
    {
        await cluster.CreateAsync(name);
        await cluster.RunAsync(
            name,
            "CREATE TABLE t(id serial PRIMARY KEY, a text, b float8, c bytea); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t",
            Cluster.User
        );
        await AddRowsAsync(name, rows);
    }

    protected override IReadOnlyList<(string Encoding, string Word)> Encodings =>
        [
            ("UTF8", "gr\u00f6\u00dfe \u65e5\u672c \U0001F600"),
            ("LATIN1", "caf\u00e9"),
            ("EUC_JP", "\u30c6\u30fc\u30d6\u30eb"),
            ("SQL_ASCII", "caf\u00e9"),
        ];

    protected override async Task CreateAsync(string name, string encoding, IReadOnlyList<string> names)
    {
        var options = $"OWNER {Cluster.User} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'";
        await cluster.RunAsync("postgres", $"CREATE DATABASE {Cluster.Quote(name)} {options}");
        await cluster.RunAsync(name, string.Concat(names.Select(Table)), Cluster.User);

        static string Table(string n)
        {
            var (table, index, view) = (Cluster.Quote(n), Cluster.Quote("i " + n), Cluster.Quote("v " + n));
            return $"CREATE TABLE {table}({table} text); INSERT INTO {table} VALUES ('{n.Replace("'", "''", StringComparison.Ordinal)}');"
                + $"CREATE INDEX {index} ON {table}({table}); CREATE VIEW {view} AS SELECT {table} FROM {table};";
        }
    }

    protected override async Task<string> ContentsAsync(string name, IReadOnlyList<string> names)
    {
        var texts = names.Select(n => cluster.QueryAsync(name, $"SELECT {Cluster.Quote(n)} FROM {Cluster.Quote("v " + n)}", Cluster.User));
        return await Contents.DumpAsync(cluster, name) + string.Join('\n', (await Task.WhenAll(texts)).SelectMany(t => t));
    }

    protected override Task AddRowsAsync(string name, int rows) =>
        cluster.RunAsync(
            name,
            $"INSERT INTO t(a, b, c) SELECT 'row ' || i, i / 3.0, decode(repeat('0a', i % 50), 'hex') FROM generate_series(1, {rows}) i",
            Cluster.User
        );

    protected override Task DropAsync(string name) => cluster.RunAsync("postgres", $"DROP DATABASE {Cluster.Quote(name)}", Cluster.User);

    // Without the sequence: PostgreSQL's sequences are not transactional, and a dump may contain a later value than its
    // snapshot.
    protected override async Task<string> ContentsAsync(string name) =>
        string.Join(
            '\n',
            await cluster.QueryAsync(
                name,
                "SELECT t::text FROM t UNION ALL SELECT pg_get_viewdef('v'::regclass) UNION ALL SELECT indexdef FROM "
                    + "pg_indexes WHERE tablename = 't' ORDER BY 1",
                Cluster.User
            )
        );

    protected override async Task AssertNothingLeftAsync()
    {
        Assert.Empty(await cluster.QueryAsync("postgres", @"SELECT datname FROM pg_database WHERE datname LIKE '\_holdfast%'"));
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "holdfast-postgresql-*"));
    }
}
