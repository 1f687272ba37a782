using System.Diagnostics;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;

namespace Holdfast.RoundTrip.Tests;

/// <summary>Peak memory of the real executable, on a database of 300 MB with rows of 2 MiB.</summary>
[Collection(nameof(Alone))]
public sealed class MemoryTests : IDisposable
{
    private const long MostKiB = 300 << 10;

    // Prints the maximum resident size of its child in KiB: /proc has no entry for an exited process.
    private const string Measure =
        "import resource,subprocess,sys; c=subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); print(c, "
        + "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    private readonly TestFolder _folder = new();
    private readonly string _archives = Directory.CreateTempSubdirectory("holdfast-archives-test-").FullName;
    private readonly List<string> _tooMuch = [];

    public void Dispose()
    {
        _folder.Dispose();
        Directory.Delete(_archives, true);
    }

    [Theory]
    [InlineData("snapshot")]
    [InlineData("backup")]
    public async Task No_run_of_the_executable_needs_more_than_300_MiB(string type)
    {
        const string rows = "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ";
        _folder.Make(
            "large.db",
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=100000",
            schema: $"""
            CREATE TABLE big(id INTEGER PRIMARY KEY, data BLOB); CREATE TABLE small(id INTEGER PRIMARY KEY, a, b);
            {rows} 60) INSERT INTO big SELECT i, randomblob(2097152) FROM s;
            {rows} 650000) INSERT INTO small SELECT i, hex(randomblob(100)), i * 1.5 FROM s;
            CREATE INDEX small_a ON small(substr(a, 1, 40));
            """
        );
        Assert.InRange(new FileInfo(_folder["large.db"]).Length, 300_000_000, 350_000_000);
        var key = Path.Combine(_archives, "node.key");
        var to = Path.Combine(_archives, "to");
        string[] backup = ["backup", "--source", _folder.Root, "--to", to, "--type", type, "--node-key", key];
        await RunAsync($"{type}, full", [.. backup, "--kind", "full"]);
        using (var connection = SqliteConnection.Open(_folder["large.db"], SqliteConstants.OpenReadWrite))
        {
            connection.Execute("UPDATE small SET b = 7 WHERE id % 1000 < 10; UPDATE big SET data = randomblob(2097152) WHERE id % 10 = 1");
        }

        await RunAsync($"{type}, incremental", [.. backup, "--kind", "incremental"]);
        await RunAsync($"{type}, verify", ["verify", to]);
        var restored = Path.Combine(_folder.Spool, "restored.db");
        await RunAsync($"{type}, restore", ["restore", Path.Combine(to, "local", "large.db"), "--to", restored]);
        using (var left = SqliteConnection.Open(_folder["large.db"], SqliteConstants.OpenReadWrite))
        using (var right = SqliteConnection.Open(restored, SqliteConstants.OpenReadWrite))
        {
            const string sums =
                "SELECT (SELECT count(*) || ' ' || sum(id * b) || ' ' || sum(id * length(a)) || max(a) FROM small) || "
                + "(SELECT count(*) || max(data) || sum(id * unicode(substr(data, 70000, 1))) FROM big)";
            Assert.Equal(left.QueryText(sums), right.QueryText(sums));
        }

        Assert.True(_tooMuch.Count == 0, string.Join('\n', _tooMuch));
    }

    private async Task RunAsync(string what, string[] arguments)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", Measure, Executable(), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var words = (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(words[0] == "0", $"{what} ended with {words[0]}: {await errors}");
        var kib = long.Parse(words[1]);
        Results.Write("memory", ("run", what), ("residentMiB", $"{kib / 1024.0:F0}"), ("seconds", $"{watch.Elapsed.TotalSeconds:F1}"));
        if (kib > MostKiB)
        {
            _tooMuch.Add($"{what}: {kib / 1024} MiB");
        }
    }

    // Beside this test project in the artifacts; the folder's name may have a runtime identifier after the
    // configuration.
    internal static string Executable()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var folders = Directory.GetDirectories(Path.Combine(own.Parent!.Parent!.FullName, "Holdfast.Cli"), own.Name + "*");
        return folders.Select(f => Path.Combine(f, "holdfast")).Where(File.Exists).MaxBy(File.GetLastWriteTimeUtc)
            ?? throw new FileNotFoundException("The holdfast executable is not built.");
    }
}
