using Holdfast.Engines.Contract;
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
        database.Execute("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b REAL, c BLOB); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t");
        return AddRowsAsync(name, rows);
    }

    protected override Task AddRowsAsync(string name, int rows)
    {
        using var database = Open(name);
        database.Execute($"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<{rows}) INSERT INTO t(a,b,c) SELECT 'row '||i, i/3.0, zeroblob(i%50) FROM s");
        return Task.CompletedTask;
    }

    protected override Task DropAsync(string name)
    {
        foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(Path.Combine(_folder, name + ending));
        return Task.CompletedTask;
    }

    protected override Task<string> ContentsAsync(string name)
    {
        using var database = Open(name);
        return Task.FromResult(database.QueryText("SELECT group_concat(sql, ';') FROM sqlite_schema") + database.QueryText("SELECT group_concat(id||quote(a)||quote(b)||quote(c), ',') FROM (SELECT * FROM t ORDER BY id)"));
    }

    protected override Task AssertNothingLeftAsync()
    {
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }), f => Path.GetFileName(f).StartsWith("_holdfast", StringComparison.Ordinal));
        return Task.CompletedTask;
    }

    private SqliteConnection Open(string name) => SqliteConnection.Open(Path.Combine(_folder, name), SqliteConstants.OpenReadWrite | SqliteConstants.OpenCreate);
}
