using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>A directory of databases, deleted after the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public const int Accounts = 5000;
    public const long Total = Accounts * 100;
    public const string Schema = """
        CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER, pad BLOB);
        CREATE TABLE log(id INTEGER PRIMARY KEY, text TEXT);
        WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<5000)
        INSERT INTO account SELECT i, 100, randomblob(400) FROM s;
        """;

    public static readonly byte[] RawKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public TestFolder()
    {
        Root = Posix.RealPath(Directory.CreateTempSubdirectory("holdfast-test-").FullName)!;
        Spool = Directory.CreateTempSubdirectory("holdfast-spool-test-").FullName;
    }

    public static string KeyHex => Convert.ToHexStringLower(RawKey);

    public static DatabaseKey Key => DatabaseKey.FromRaw(RawKey);

    public string Root { get; }

    public string Spool { get; }

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Creates a database with <see cref="Accounts"/> accounts of 100.</summary>
    public string Make(string name, string pragmas = "", DatabaseKey? key = null, string? schema = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        using var connection = SqliteConnection.Open(this[name], SqliteConstants.OpenReadWrite | SqliteConstants.OpenCreate, key);
        connection.Execute(pragmas);
        connection.Execute(schema ?? Schema);
        return this[name];
    }

    public DatabaseFile Find(string name) => DatabaseFile.Find(Root, name);

    public SqliteSourceConfig Config(params string[] encrypted) =>
        new()
        {
            Path = Root,
            SpoolFolder = Spool,
            Encrypted = encrypted,
        };

    public async Task<List<DiscoveredDatabase>> Discover(SqliteSourceConfig? config = null)
    {
        await using var source = new SqliteEngine(TimeProvider.System).Attach(config ?? Config());
        var found = new List<DiscoveredDatabase>();
        await foreach (var database in source.DiscoverAsync(default))
        {
            found.Add(database);
        }
        return found;
    }

    public async Task<IDatabaseView> Open(
        string name,
        DatabaseKey? key = null,
        BackupType type = BackupType.Snapshot,
        SqliteSourceConfig? config = null,
        SqliteTuning? tuning = null,
        ScriptFormat? script = null,
        TimeProvider? time = null
    )
    {
        var source = new SqliteEngine(time ?? TimeProvider.System, script ?? ScriptFormat.Default, tuning ?? new()).Attach(
            config ?? Config("*.enc")
        );
        return await source.OpenViewAsync(new(name, 0, EncryptionState.No), new(type, key), default);
    }

    /// <summary>Writes the image of a view to a new file outside of the directory; returns its path.</summary>
    public async Task<string> WriteImage(IDatabaseView view)
    {
        var path = Path.Combine(Spool, Guid.NewGuid().ToString("n"));
        await view.WriteAsync(new FileSink(path), default);
        return path;
    }

    public async Task<string> Image(string name, DatabaseKey? key = null)
    {
        await using var view = await Open(name, key);
        return await WriteImage(view);
    }

    /// <summary>Returns the sum of the accounts and the number of log lines of an image, after an integrity check.</summary>
    public static (long Sum, long Log) Check(string path, DatabaseKey? key = null)
    {
        using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key);
        Assert.Equal("ok", connection.QueryText("PRAGMA integrity_check"));
        return (connection.QueryInt64("SELECT sum(balance) FROM account"), connection.QueryInt64("SELECT count(*) FROM log"));
    }

    public void Dispose()
    {
        Directory.Delete(Root, true);
        Directory.Delete(Spool, true);
    }
}
