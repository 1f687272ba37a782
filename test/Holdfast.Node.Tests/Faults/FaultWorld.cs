using System.Diagnostics;
using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Holdfast.State.Embedded;
using Holdfast.Testing.Faults;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Faults;

/// <summary>
/// A whole node with a clock that only the test moves, a source and a state store whose calls can fail in every way, and two
/// destinations whose files the test reads itself. The node can be stopped, killed, and started again with the remaining files.
/// </summary>
internal sealed class FaultWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-faults-").FullName;
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private FaultyStore? _store;
    private TestNode? _node;

    public FaultWorld(int seed)
    {
        Source = new(Time);
        SourceFaults = new("source", ErrorCatalog.SourceUnreadable, seed, Time);
        StoreFaults = new("store", ErrorCatalog.StateUnavailable, seed + 1, Time);
        DestinationFaults =
        [
            new("nas", ErrorCatalog.DestinationFailed, seed + 2, Time),
            new("off", ErrorCatalog.DestinationFull, seed + 3, Time),
        ];
    }

    /// <summary>The clock.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));

    /// <summary>The databases.</summary>
    public MemorySource Source { get; }

    public FaultSwitch SourceFaults { get; }

    public FaultSwitch StoreFaults { get; }

    /// <summary>The faults of <c>nas</c> and <c>off</c>.</summary>
    public IReadOnlyList<FaultSwitch> DestinationFaults { get; }

    public IEnumerable<FaultSwitch> Faults => [SourceFaults, StoreFaults, .. DestinationFaults];

    /// <summary>The running node.</summary>
    public TestNode Node => _node!;

    /// <summary>Folders of the destinations.</summary>
    public IEnumerable<string> Roots => [$"{_root}/nas", $"{_root}/off"];

    /// <summary>Starts the node for the first time, and defines destinations and templates.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        foreach (var root in Roots)
        {
            await Node.Destinations.PutAsync(
                new()
                {
                    Name = Path.GetFileName(root),
                    Kind = "local",
                    Path = root,
                },
                0,
                cancellationToken
            );
        }
        await PutAsync("0123456789", "often", BackupType.Snapshot, "0 */6 * * *", "*/15 * * * *", ["nas", "off"], cancellationToken);
        await PutAsync("9876543210", "daily", BackupType.Backup, "30 3 * * *", "30 * * * *", ["off"], cancellationToken);
    }

    /// <summary>Starts a node with the existing files.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _store = new(await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", Time, cancellationToken), StoreFaults);
        var settings = new NodeSettings
        {
            Tag = "A",
            Key = _key,
            CatalogFile = $"{_root}/state/catalog.db",
            Zone = TimeZoneInfo.Utc,
            ShutdownGrace = TimeSpan.FromSeconds(5),
            LargeDatabaseConcurrency = 2,
            SmallDatabaseConcurrency = 4,
            DestinationFactories =
            [
                new LocalDestinationFactory(
                    [_root],
                    new FaultyDriver(new LocalDriver(), root => DestinationFaults[root.EndsWith("/nas", StringComparison.Ordinal) ? 0 : 1])
                ),
            ],
        };
        _node = new(settings, _store, [new("fake", new FaultySource(Source, SourceFaults), true)], Time);
        await WaitToPassAsync(_node.StartAsync(cancellationToken), "the node does not start", cancellationToken);
    }

    /// <summary>Stops the node.</summary>
    /// <param name="isKilled">Whether nothing is stored at its end, as if the process had been killed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task StopAsync(bool isKilled, CancellationToken cancellationToken)
    {
        if (isKilled)
        {
            _store!.Cut();
        }
        foreach (var faults in Faults)
        {
            faults.Clear(); // calls that hang end with the process
        }
        var (node, store) = (Node, _store!);
        _node = null; // a node that cannot be stopped is abandoned
        await WaitToPassAsync(node.StopAsync(), "the node does not stop", cancellationToken);
        await WaitToPassAsync(node.DisposeAsync().AsTask(), "the node is not disposed", cancellationToken);
        await store.DisposeAsync();
    }

    /// <summary>
    /// Makes a destination unavailable; on request, another empty one takes its place, as if the wrong disk were mounted.
    /// </summary>
    public void Vanish(string root, bool another)
    {
        if (Directory.Exists(Away(root)))
        {
            return;
        }
        Directory.Move(root, Away(root));
        if (!another)
        {
            return;
        }
        Directory.CreateDirectory(root);
        File.WriteAllText($"{root}/.holdfast-destination", "{\"format\":1,\"id\":\"ffffffffffffffffffffffffffffffff\"}");
    }

    /// <summary>Makes all destinations available again. Checks that nothing was written to their substitutes.</summary>
    public void ComeBack()
    {
        foreach (var root in Roots.Where(r => Directory.Exists(Away(r))))
        {
            if (Directory.Exists(root))
            {
                Assert.Equal([$"{root}/.holdfast-destination"], Directory.GetFileSystemEntries(root));
                Directory.Delete(root, recursive: true);
            }

            Directory.Move(Away(root), root);
        }
    }

    /// <summary>Advances the clock, and gives due work time to run.</summary>
    public async Task AdvanceAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        Time.Advance(span);
        var most = Faults.Any(f => f.Held > 0) ? 2 : 40;
        for (var i = 0; i < most && (i == 0 || Node.Operations.Running.Any()); i++)
        {
            await Task.Delay(1, cancellationToken);
        }
    }

    /// <summary>Waits for a condition, and advances the clock meanwhile.</summary>
    public async Task WaitToPassAsync(Task task, string problem, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!task.IsCompleted)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, problem);
            await Task.Delay(1, cancellationToken);
            if (!task.IsCompleted)
            {
                Time.Advance(TimeSpan.FromMilliseconds(100));
            }
        }

        await task;
    }

    /// <summary>
    /// Whether a destination has a complete restore point of a database with contents that it had at some time since
    /// <paramref name="since"/>.
    /// </summary>
    public async Task<bool> HoldsSinceAsync(DatabaseId database, DateTimeOffset since, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                foreach (var root in Roots.Concat(Roots.Select(Away)).Where(Directory.Exists))
                {
                    if (await HoldsSinceAsync(root, database, since, cancellationToken))
                    {
                        return true;
                    }
                }
            }
            catch (HoldfastException) when (attempt < 3)
            {
                continue; // retention deleted a chain that was being read
            }

            if (attempt == 3)
            {
                return false;
            }
            await Task.Delay(20, cancellationToken); // an archive may be about to be renamed
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await StopAsync(isKilled: false, CancellationToken.None);
        }
        Directory.Delete(_root, recursive: true);
    }

    private static string Away(string root) => $"{root}-away";

    private async Task<bool> HoldsSinceAsync(string root, DatabaseId database, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var destination = LocalDestination.Open(root, create: false);
        var chains = new List<StoredChain>();
        await foreach (var chain in DatabaseFolder.Of(destination, database).ListChainsAsync(cancellationToken))
        {
            chains.Add(chain);
        }
        foreach (var chain in chains.Where(c => c.Archives.Count > 0))
        {
            if (
                await NewestOfAsync(destination, chain, database, cancellationToken) is { } contents
                && Source.Held(database.Name, contents, since)
            )
            {
                return true;
            }
        }

        return false;
    }

    // Null for an incomplete chain: another one may be complete.
    private async Task<byte[]?> NewestOfAsync(
        LocalDestination destination,
        StoredChain chain,
        DatabaseId database,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var restored = new MemorySource(Time);
            var point = await RestorePointFinder.FindAsync(new(destination, [chain], null), null, AgeKeys.None, cancellationToken);
            await using var reader = await RestorePointReader.OpenAsync(destination, point, AgeKeys.None, cancellationToken);
            await DatabaseRestore.RunAsync("fake", restored, database.Name, reader, cancellationToken);
            return restored.Databases[database.Name];
        }
        catch (HoldfastException)
        {
            return null;
        }
    }

    private async Task PutAsync(
        string id,
        string name,
        BackupType type,
        string full,
        string incremental,
        string[] destinations,
        CancellationToken cancellationToken
    )
    {
        var settings = new TaskSettings
        {
            Type = type,
            FullBackup = full,
            IncrementalBackup = incremental,
            TimeZone = "UTC",
            Destinations = destinations,
            Retention = new RetentionPolicy(TimeSpan.FromDays(1)),
        };
        await Node.State.Templates.PutAsync(
            id,
            new()
            {
                Id = id,
                Name = name,
                ScheduledSince = Time.GetUtcNow(),
                Settings = settings,
            },
            null,
            cancellationToken
        );
    }
}
