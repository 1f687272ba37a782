using System.Globalization;
using Holdfast.Archive.Age;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Engines;
using Holdfast.Node.Destinations;
using Holdfast.Node.Operations;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>A node with two backed-up databases, whose backups a test damages.</summary>
public abstract class BackedUpNode : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private EmbeddedStateStore _store = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected string Root { get; } = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    protected string CatalogFile => $"{Root}/state/catalog.db";

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));

    protected TestNode Node { get; private set; } = null!;

    protected BackupTask Task => Node.Tasks.Of(new("fake", "a")).Single();

    private protected FakeSource Source { get; } = new();

    /// <summary>The kind of the destinations; tests with failing destinations replace it.</summary>
    protected virtual ILocalDriver Driver { get; } = new LocalDriver();

    /// <summary>Kinds of destinations besides local ones.</summary>
    protected virtual IReadOnlyList<DestinationFactory> MoreKinds => [];

    protected string IndexCacheFolder => $"{Root}/state/indexes";

    /// <summary>Concurrent backups of small databases; null for the default.</summary>
    protected virtual int? SmallDatabaseConcurrency => null;

    /// <summary>Engines that check backups during a verification.</summary>
    protected virtual IReadOnlyCollection<IDatabaseEngine> Engines => [];

    public virtual async ValueTask InitializeAsync()
    {
        foreach (var (name, seed) in (IEnumerable<(string, int)>)[("a", 1), ("b", 2)])
        {
            new Random(seed).NextBytes(Source.Databases[name] = new byte[40 * 4096]);
        }

        await StartAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Root, recursive: true);
    }

    protected async System.Threading.Tasks.Task StartAsync()
    {
        _store = await EmbeddedStateStore.OpenAsync($"{Root}/state/state.db", Time, Token);
        var settings = new NodeSettings
        {
            Tag = "A",
            Key = _key,
            DestinationFactories = [new LocalDestinationFactory([Root], Driver), .. MoreKinds],
            Zone = TimeZoneInfo.Utc,
            ShutdownGrace = TimeSpan.FromSeconds(1),
            CatalogFile = CatalogFile,
            IndexCacheFolder = IndexCacheFolder,
            RepairInterval = TimeSpan.FromDays(1000), // tests start repairs themselves
            Engines = Engines,
        };
        if (SmallDatabaseConcurrency is { } lane)
        {
            settings = settings with { SmallDatabaseConcurrency = lane };
        }
        Node = new(settings, _store, [new("fake", Source, true)], Time);
        await Node.StartAsync(Token);
    }

    protected async System.Threading.Tasks.Task StopAsync()
    {
        await Node.StopAsync();
        await Node.DisposeAsync();
        await _store.DisposeAsync();
    }

    public enum Kind
    {
        Cut,
        Empty,
        FlippedAtItsBegin,
        FlippedInItsMiddle,
        FlippedAtItsEnd,
        ReplacedByAnOlderOne,
        ReplacedByAnotherDatabases,
        ReplacedByAnyFile,
        IndexRemoved,
        IndexDamaged,
        FullRemoved,
        MiddleRemoved,
        FolderRemoved,
        Renamed,
    }

    protected void DamageAt(string destination, Kind kind)
    {
        var archives = Archives(destination, "a");
        var (full, middle, newest) = (archives[0], archives[1], archives[2]);
        var bytes = File.ReadAllBytes(newest);
        switch (kind)
        {
            case Kind.Cut:
                File.WriteAllBytes(newest, bytes[..(bytes.Length / 2)]);
                break;
            case Kind.Empty:
                File.WriteAllBytes(newest, []);
                break;
            case Kind.FlippedAtItsBegin:
                Flip(newest, 10);
                break;
            case Kind.FlippedInItsMiddle:
                Flip(newest, bytes.Length / 2);
                break;
            case Kind.FlippedAtItsEnd:
                Flip(newest, bytes.Length - 3);
                break;
            case Kind.ReplacedByAnOlderOne:
                File.Copy(middle, newest, overwrite: true);
                break;
            case Kind.ReplacedByAnotherDatabases:
                File.Copy(Archives(destination, "b")[2], newest, overwrite: true);
                break;
            case Kind.ReplacedByAnyFile:
                File.WriteAllBytes(newest, [.. Enumerable.Range(0, bytes.Length).Select(i => (byte)(i * 7))]);
                break;
            case Kind.IndexRemoved:
                File.Delete(IndexOf(newest));
                break;
            case Kind.IndexDamaged:
                Flip(IndexOf(newest), (int)new FileInfo(IndexOf(newest)).Length / 2);
                break;
            case Kind.FullRemoved:
                File.Delete(full);
                break;
            case Kind.MiddleRemoved:
                File.Delete(middle);
                break;
            case Kind.FolderRemoved:
                Directory.Delete(Path.GetDirectoryName(full)!, recursive: true);
                break;
            default:
                File.Move(newest, $"{Path.GetDirectoryName(newest)}/{Path.GetFileName(newest)[..17]}59{Path.GetFileName(newest)[19..]}");
                break;
        }
    }

    protected static void Flip(string file, int at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[at] ^= 0x55;
        File.WriteAllBytes(file, bytes);
    }

    protected static string IndexOf(string archive) => archive.Replace(".tar.zst", ".index", StringComparison.Ordinal);

    protected string[] Archives(string destination, string database) =>
        [
            .. Directory
                .GetFiles($"{Root}/{destination}/fake/{database}", "*.tar.zst", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal),
        ];

    protected IEnumerable<string> Files(string destination) =>
        Directory
            .GetFiles($"{Root}/{destination}/fake", "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(f =>
                $"{Path.GetRelativePath($"{Root}/{destination}", f)} "
                + $"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"
            );

    protected async System.Threading.Tasks.Task CoverAsync(params string[] destinations)
    {
        foreach (var name in destinations)
        {
            await Node.Destinations.PutAsync(Define(name), 0, Token);
        }
        var template = new Template
        {
            Id = "0123456789",
            Name = "nightly",
            ScheduledSince = Time.GetUtcNow(),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 0 1 1 *",
                TimeZone = "UTC",
                Destinations = destinations,
            },
        };
        await Node.State.Templates.PutAsync(template.Id, template, null, Token);
        await UntilAsync(() => Node.Tasks.Of(new("fake", "a")).Any());
    }

    /// <summary>The definition of a destination.</summary>
    protected virtual DestinationConfig Define(string name) =>
        new()
        {
            Name = name,
            Kind = "local",
            Path = $"{Root}/{name}",
        };

    // One full and two incremental backups of each database.
    protected async System.Threading.Tasks.Task ThreeAsync(string database)
    {
        await BackUpAsync("b", BackupKind.Full);
        await BackUpAsync(database, BackupKind.Full);
        for (var i = 0; i < 2; i++)
        {
            await BackUpAsync("b", BackupKind.Incremental);
            await BackUpAsync(database, BackupKind.Incremental);
        }
    }

    protected async System.Threading.Tasks.Task<Operation> BackUpAsync(string database, BackupKind kind)
    {
        Time.Advance(TimeSpan.FromMinutes(1));
        new Random((int)Time.GetUtcNow().Ticks).NextBytes(Source.Databases[database].AsSpan(5 * 4096, 3 * 4096));
        var task = Node.Tasks.Of(new("fake", database)).Single();
        await UntilAsync(() => Node.Queue.Find(task.Id) is null);
        return await EndedAsync(Node.BackUp(new(task.Database, task.Settings, kind, task), "tester"));
    }

    protected async System.Threading.Tasks.Task<Operation> RestoresAsync()
    {
        Source.Databases.Remove("again");
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        var restored = await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
        Assert.True(restored.State == OperationState.Completed, string.Create(CultureInfo.InvariantCulture, $"{restored.Error}"));
        Assert.Equal(Source.Databases["a"], Source.Databases["again"]);
        return restored;
    }

    protected static async System.Threading.Tasks.Task<Operation> EndedAsync(RunningOperation operation)
    {
        await operation.Completion.WaitAsync(Patience, Token);
        return operation.Current;
    }

    protected static async System.Threading.Tasks.Task UntilAsync(Func<bool> isSo)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience, "The condition was not met in time.");
            await System.Threading.Tasks.Task.Delay(5, Token);
        }
    }
}
