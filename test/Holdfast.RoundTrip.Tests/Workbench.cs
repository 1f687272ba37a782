using System.Diagnostics;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Holdfast.Node.Verification;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// A directory of databases and a destination on disk, with everything in between, composed as in the product.
/// </summary>
internal sealed class Workbench : IAsyncDisposable
{
    private readonly string _archives = Directory.CreateTempSubdirectory("holdfast-archives-test-").FullName;
    private readonly string _restored = Posix.RealPath(Directory.CreateTempSubdirectory("holdfast-restored-test-").FullName)!;
    private readonly AgeIdentity _node = AgeIdentity.Generate();
    private readonly SqliteEngine _engine = new(TimeProvider.System);
    private readonly LocalDestination _destination;
    private readonly IDatabaseSource _restoreSource;
    private int _files;

    public Workbench()
    {
        _destination = LocalDestination.Open(_archives, create: false);
        Source = _engine.Attach(Folder.Config("*.enc"));
        _restoreSource = _engine.Attach(new SqliteSourceConfig { Path = _restored, SpoolFolder = Folder.Spool });
    }

    public TestFolder Folder { get; } = new();

    public IDatabaseSource Source { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Returns an unused path outside of the source.</summary>
    public string NewPath() => Path.Combine(_restored, $"{Interlocked.Increment(ref _files)}.db");

    /// <summary>Discovers the database and backs it up.</summary>
    public async Task<BackupOutcome> BackUpAsync(
        string name,
        BackupType type,
        BackupKind kind,
        AgeRecipient? recipient = null,
        DatabaseKey? key = null
    )
    {
        DiscoveredDatabase? found = null;
        await foreach (var database in Source.DiscoverAsync(Token))
        {
            found = database.Name == name ? database : found;
        }
        Assert.NotNull(found);
        var runner = new DatabaseBackup(
            _engine.Name,
            Source,
            [_destination],
            new()
            {
                Kind = kind,
                Type = type,
                Node = "A",
                NodeKey = _node,
                Encryption = recipient is null ? null : AgeProtection.ToRecipients([recipient]),
                EncryptSnapshots = true,
            },
            OutputResources.Create(),
            TimeProvider.System
        );
        return await runner.RunAsync(found, key, new(1), () => { }, Token);
    }

    /// <summary>Backs up and asserts that it is done as requested; returns the archive's path.</summary>
    public async Task<string> BackUpWellAsync(
        string name,
        BackupType type,
        BackupKind kind,
        AgeRecipient? recipient = null,
        DatabaseKey? key = null
    )
    {
        var outcome = await BackUpAsync(name, type, kind, recipient, key);
        Assert.True(outcome.Error is null, $"{outcome.Error?.Message} {outcome.Error?.Hint}");
        Assert.True(
            (outcome.State, outcome.Kind, outcome.Type) == (BackupState.Completed, kind, type),
            $"{outcome.State} {outcome.Kind} {outcome.Type}: {string.Join("; ", outcome.Warnings)}"
        );
        return outcome.Path!;
    }

    /// <summary>Restores the point of an archive as a new database; returns its path.</summary>
    public async Task<string> RestoreAsync(string archive, AgeKeys keys)
    {
        var folder = archive[..archive.LastIndexOf('/')];
        await using var destination = LocalDestination.Open(Path.Combine(_archives, folder), create: false);
        var path = await ResolvedLocation.ResolveAsync(
            destination,
            folder[(folder.LastIndexOf('/') + 1)..],
            archive[(folder.Length + 1)..],
            Token
        );
        var point = await RestorePointFinder.FindAsync(path, null, keys, Token);
        await using var reader = await RestorePointReader.OpenAsync(destination, point, keys, Token);
        var target = NewPath();
        await DatabaseRestore.RunAsync(_engine.Name, _restoreSource, Path.GetFileName(target), reader, Token);
        return target;
    }

    /// <summary>
    /// Restores the points of archives by restore.py only, and the scripts by the sqlite3 program; returns the paths of
    /// the databases.
    /// </summary>
    public async Task<IReadOnlyList<string>> RestoreByScriptAsync(IReadOnlyList<string> archives, AgeIdentity? identity)
    {
        var key = Path.Combine(_restored, "key");
        if (identity is not null && !File.Exists(key))
        {
            KeyFile.Write(key, identity, DateTimeOffset.UnixEpoch);
        }
        List<string> targets = [.. archives.Select(_ => NewPath())];
        var runs = archives.Select(
            (archive, i) => (string[])[.. identity is null ? [] : (string[])["-i", key], Path.Combine(_archives, archive), targets[i]]
        );

        // One interpreter for all of them.
        const string script =
            "import json,runpy,sys\nfor run in json.loads(sys.argv[2]):\n sys.argv[1:1] = run; n = len(run)\n saved = "
            + "sys.argv[:]; sys.argv = [saved[0]] + run\n runpy.run_path(saved[1 + n], run_name='__main__')\n sys.argv = "
            + "[saved[0]] + saved[1 + n:]";
        await RunAsync(
            "python3",
            ["-c", script, Path.Combine(RepositoryRoot.Folder, "eng", "restore.py"), System.Text.Json.JsonSerializer.Serialize(runs)],
            null
        );
        for (var i = 0; i < targets.Count; i++)
        {
            var folder = targets[i];
            if (File.Exists($"{folder}/database.sqlite"))
            {
                targets[i] = $"{folder}/database.sqlite";
                continue;
            }

            targets[i] = $"{folder}/restored.db";
            await RunAsync("sqlite3", ["-batch", "-bail", targets[i]], $"{folder}/dump.sql");
        }

        return targets;
    }

    private static async Task RunAsync(string program, string[] arguments, string? input)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = process.StandardError.ReadToEndAsync(Token);
        var output = process.StandardOutput.ReadToEndAsync(Token);
        if (input is not null)
        {
            await using var file = File.OpenRead(input);
            await file.CopyToAsync(process.StandardInput.BaseStream, Token);
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, $"{program}: {await output}{await errors}");
    }

    /// <summary>Verifies every archive; returns their number.</summary>
    public async Task<int> VerifyAsync(AgeKeys keys)
    {
        var path = await ResolvedLocation.ResolveAsync(_destination, Path.GetFileName(_archives), null, Token);
        var count = 0;
        await foreach (var result in Verifier.VerifyAsync(path, keys, [new SqliteEngine(TimeProvider.System)], Token))
        {
            Assert.True(result.Problem is null, result.Problem?.Message);
            count++;
        }

        return count;
    }

    /// <summary>
    /// Copies a database that nobody writes to in a separate process: closing a copy made in this process would drop
    /// the locks of its connections. A log is checkpointed into it.
    /// </summary>
    public async Task<string> CopyAsync(string name, DatabaseKey? key = null)
    {
        var target = NewPath();
        foreach (var ending in (string[])["", "-wal"])
        {
            if (!FileStatus.TryGet(Folder[name] + ending, out _))
            {
                continue;
            }
            using var copy = Process.Start("cp", [Folder[name] + ending, target + ending]);
            await copy.WaitForExitAsync(Token);
            Assert.Equal(0, copy.ExitCode);
        }

        using var connection = SqliteConnection.Open(target, SqliteConstants.OpenReadWrite, key);
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return target;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _restoreSource.DisposeAsync();
        await _destination.DisposeAsync();
        Folder.Dispose();
        Directory.Delete(_archives, true);
        Directory.Delete(_restored, true);
    }
}
