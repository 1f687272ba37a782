using System.Diagnostics;

namespace Holdfast.EndToEnd;

/// <summary>kill -9 at random moments: no published file is ever incomplete, and the next run cleans up.</summary>
public sealed class KillTests : IDisposable
{
    private const int SmallDatabases = 40;

    private static readonly int Kills = Soak.IsOn ? 200 : 8;

    private readonly Workspace _place = new();
    private readonly int _seed = Environment.TickCount;

    private enum Deed
    {
        Full,
        Incremental,
        Restore,
    }

    public void Dispose() => _place.Dispose();

    [Theory]
    [MemberData(nameof(Workspace.Types), MemberType = typeof(Workspace))]
    public async Task A_killed_run_leaves_no_incomplete_archive_and_the_next_one_cleans_up(string type)
    {
        var random = new Random(_seed);
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"seed {_seed}");
        for (var i = 0; i < SmallDatabases; i++)
        {
            _place.Make($"small/{i:D2}.db", rows: 5 + (i % 7));
        }
        _place.Make("large.db", rows: 6000, rowBytes: 4000);
        await _place.BackupAsync(0, type, "full");

        // The undisturbed duration of each; the moments are chosen within it.
        var duration = new Dictionary<Deed, TimeSpan>();
        foreach (var deed in Enum.GetValues<Deed>())
        {
            Change(random);
            var started = Stopwatch.GetTimestamp();
            using var process = Start(deed, type);
            Assert.True((await Child.EndAsync(process)).ExitCode == 0);
            duration[deed] = Stopwatch.GetElapsedTime(started);
        }

        File.Delete(Target);
        var killed = 0;
        for (var round = 0; killed < Kills; round++)
        {
            Assert.True(round < Kills * 3, $"seed {_seed}: only {killed} of {round} runs lived long enough to be killed");
            var deed = (Deed)(round % 3);
            Change(random);
            if (await KillAsync(deed, type, duration[deed], random))
            {
                killed++;
            }
            await CheckAsync(deed, type, $"seed {_seed}, round {round}, {deed}", random);
            if (round % 20 != 19)
            {
                continue;
            }
            Prune();
            output.WriteLine($"{killed} kills in {round + 1} runs");
        }

        output.WriteLine($"{killed} kills");
    }

    private string Target => $"{_place.Out}/restored/large.db";

    private void Change(Random random)
    {
        for (var i = 0; i < 10; i++)
        {
            _place.Sql($"small/{random.Next(SmallDatabases):D2}.db", $"UPDATE t SET v = randomblob(1000) WHERE id = {random.Next(1, 5)}");
        }
        _place.Sql("large.db", $"UPDATE t SET v = randomblob(4000) WHERE id % 10 = {random.Next(10)}");
    }

    private Process Start(Deed deed, string type)
    {
        if (deed == Deed.Restore)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
            return Child.Start(Child.Holdfast, ["restore", _place.Chains("large.db")[^1], "--to", Target], _place.Data);
        }

        return Child.Start(
            Child.Holdfast,
            ["backup", "--source", _place.Source, "--to", _place.Destination, "--type", type, "--kind", deed.ToString().ToLowerInvariant()],
            _place.Data
        );
    }

    // Half of the kills come at a random time, half a random moment after something appears on disk.
    private async Task<bool> KillAsync(Deed deed, string type, TimeSpan duration, Random random)
    {
        var before = Names(deed).ToHashSet(StringComparer.Ordinal);
        var (seen, moment) = (random.Next(2) == 0, random.NextDouble());
        using var process = Start(deed, type);
        var started = Stopwatch.GetTimestamp();
        while (seen && !process.HasExited && Names(deed).All(before.Contains))
        {
            await Task.Yield();
        }
        var wait = seen ? moment * duration.TotalMilliseconds * 0.5 : moment * duration.TotalMilliseconds;
        var from = seen ? Stopwatch.GetTimestamp() : started;
        while (Stopwatch.GetElapsedTime(from).TotalMilliseconds < wait && !process.HasExited)
        {
            await Task.Yield();
        }
        var lived = !process.HasExited;
        process.Kill();
        await Child.EndAsync(process);
        return lived && process.ExitCode == 128 + 9;
    }

    private IEnumerable<string> Names(Deed deed) =>
        deed == Deed.Restore
            ? Directory.EnumerateFiles(Path.GetDirectoryName(Target)!)
            : Directory.EnumerateFiles($"{_place.Destination}/local", "*", SearchOption.AllDirectories);

    private async Task CheckAsync(Deed deed, string type, string what, Random random)
    {
        var verified = await _place.HoldfastAsync("verify", _place.Destination);
        Assert.True(verified.ExitCode == 0, $"{what}: {verified}");
        if (deed == Deed.Restore)
        {
            var expected = default(string);
            if (File.Exists(Target))
            {
                await _place.HoldfastAsync(0, "restore", _place.Chains("large.db")[^1], "--to", $"{_place.Out}/same.db");
                expected = Workspace.Contents($"{_place.Out}/same.db");
                Assert.True(Workspace.Contents(Target) == expected, $"{what}: the restored database is another");
                File.Delete($"{_place.Out}/same.db");
                File.Delete(Target);
            }

            await _place.HoldfastAsync(0, "restore", _place.Chains("large.db")[^1], "--to", Target);
            Assert.True(
                Directory.GetFileSystemEntries(Path.GetDirectoryName(Target)!) is [var only] && only == Target,
                $"{what}: left are {string.Join(", ", Directory.GetFileSystemEntries(Path.GetDirectoryName(Target)!))}"
            );
            File.Delete(Target);
            return;
        }

        await _place.BackupAsync(0, type, random.Next(2) == 0 ? "full" : "incremental");
        Assert.True(!_place.Leftovers().Any(), $"{what}: left are {string.Join(", ", _place.Leftovers())}");
        Assert.True(!EmptyFolders().Any(), $"{what}: empty are {string.Join(", ", EmptyFolders())}");
        Assert.True(
            !Workspace.Files(_place.Data).Any(f => Path.GetFileName(f).StartsWith("holdfast-spool-", StringComparison.Ordinal)),
            $"{what}: a spool file is left"
        );
        foreach (var name in (string[])["large.db", $"small/{random.Next(SmallDatabases):D2}.db"])
        {
            await _place.ComesBackAsync(_place.Chains(name.Replace("/", "%2F", StringComparison.Ordinal))[^1], _place.SourceContents(name));
        }
    }

    private IEnumerable<string> EmptyFolders() =>
        Directory
            .EnumerateDirectories(_place.Destination, "*", SearchOption.AllDirectories)
            .Where(f => !Directory.EnumerateFileSystemEntries(f).Any());

    // Deletes old chains to limit disk space and the time of verification.
    private void Prune()
    {
        foreach (var database in Directory.GetDirectories($"{_place.Destination}/local"))
        {
            foreach (var chain in Directory.GetDirectories(database).Order(StringComparer.Ordinal).SkipLast(1))
            {
                Directory.Delete(chain, recursive: true);
            }
        }
    }
}
