using Holdfast.Engines.Contract;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests;

public class SqliteEngineContractTests : EngineContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    protected string Folder => _folder;

    protected override IDatabaseEngine Engine { get; } = new SqliteEngine(TimeProvider.System);

    protected override bool HasSnapshots => true;

    protected override bool NamesArePaths => true;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override ValueTask<SourceConfig> NewSourceAsync() => new(new SqliteSourceConfig { Path = _folder });

    protected override SourceConfig DownSource() => new SqliteSourceConfig { Path = Path.Combine(_folder, "not mounted") };

    protected override Task CreateAsync(string name, int rows)
    {
        using var database = Open(name);
        database.Execute(
            "PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b REAL, c BLOB); CREATE INDEX i ON "
                + "t(a); CREATE VIEW v AS SELECT a FROM t"
        );
        return AddRowsAsync(name, rows);
    }

    protected override IReadOnlyList<(string Encoding, string Word)> Encodings =>
        [("UTF-8", "gr\u00f6\u00dfe \u65e5\u672c \U0001F600"), ("UTF-16le", "caf\u00e9 \u65e5"), ("UTF-16be", "\u30c6\u30fc\u30d6\u30eb")];

    protected override Task CreateAsync(string name, string encoding, IReadOnlyList<string> names)
    {
        using var database = Open(name);
        database.Execute($"PRAGMA encoding='{encoding}'; PRAGMA journal_mode=WAL");
        foreach (var n in names)
        {
            var (table, index, view) = (Quoted(n), Quoted("i " + n), Quoted("v " + n));
            var text = n.Replace("'", "''", StringComparison.Ordinal);
            database.Execute($"CREATE TABLE {table}({table} TEXT); INSERT INTO {table} VALUES ('{text}')");
            database.Execute($"CREATE INDEX {index} ON {table}({table}); CREATE VIEW {view} AS SELECT {table} FROM {table}");
        }

        return Task.CompletedTask;
    }

    protected override Task<string> ContentsAsync(string name, IReadOnlyList<string> names)
    {
        using var database = Open(name);
        var texts = names.Select(n => database.QueryText($"SELECT {Quoted(n)} FROM {Quoted("v " + n)}"));
        var schema = database.QueryText("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)");
        return Task.FromResult(string.Join('\n', [database.QueryText("PRAGMA encoding"), schema, .. texts]));
    }

    protected override Task AddRowsAsync(string name, int rows)
    {
        using var database = Open(name);
        database.Execute(
            $"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<{rows}) INSERT INTO t(a,b,c) SELECT 'row "
                + "'||i, i/3.0, zeroblob(i%50) FROM s"
        );
        return Task.CompletedTask;
    }

    protected override Task DropAsync(string name)
    {
        foreach (var ending in new[] { "", "-wal", "-shm" })
        {
            File.Delete(Path.Combine(_folder, name + ending));
        }
        return Task.CompletedTask;
    }

    protected override Task<string> ContentsAsync(string name)
    {
        using var database = Open(name);
        return Task.FromResult(
            database.QueryText("SELECT group_concat(sql, ';') FROM sqlite_schema")
                + database.QueryText("SELECT group_concat(id||quote(a)||quote(b)||quote(c), ',') FROM (SELECT * FROM t ORDER BY id)")
        );
    }

    protected override Task AssertNothingLeftAsync()
    {
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(
                _folder,
                "*",
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }
            ),
            f => Path.GetFileName(f).StartsWith("_holdfast", StringComparison.Ordinal)
        );
        return Task.CompletedTask;
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private SqliteConnection Open(string name) =>
        SqliteConnection.Open(Path.Combine(_folder, name), SqliteConstants.OpenReadWrite | SqliteConstants.OpenCreate);
}
