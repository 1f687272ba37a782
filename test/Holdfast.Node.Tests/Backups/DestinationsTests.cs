using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Backups;

/// <summary>Several destinations store the same bytes; one that fails does not stop the others.</summary>
public sealed class DestinationsTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));
    private readonly AgeIdentity _node = AgeIdentity.Generate();
    private readonly FakeSource _source = new();
    private readonly List<LocalDestination> _destinations = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _source.Databases["db"] = new byte[40 * 4096];
        for (var i = 0; i < 3; i++)
        {
            _destinations.Add(LocalDestination.Open($"{_root}/{i}", create: true));
        }
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var destination in _destinations)
        {
            await destination.DisposeAsync();
        }
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task All_destinations_get_the_same_files()
    {
        Assert.Equal(BackupState.Completed, (await RunAsync(BackupKind.Full)).State);
        Assert.Single(_destinations.Select(d => string.Join('\n', Files(d.Name))).Distinct());
        Assert.Equal(2, Files(_destinations[0].Name).Count());
    }

    [Fact]
    public async Task A_missing_destination_is_reported_and_the_others_complete()
    {
        Directory.Move($"{_root}/1", $"{_root}/away");
        var outcome = await RunAsync(BackupKind.Full);
        Assert.Equal(BackupState.CompletedWithErrors, outcome.State);
        Assert.Equal([null, ErrorCatalog.DestinationFailed, null], outcome.DestinationFailures.Select(f => f?.Error));
        Assert.Equal(Files($"{_root}/0"), Files($"{_root}/2"));
    }

    [Fact]
    public async Task A_destination_that_lacks_archives_gets_no_new_ones_before_the_next_full_backup()
    {
        Directory.Move($"{_root}/0", $"{_root}/away");
        await RunAsync(BackupKind.Full);
        Directory.Move($"{_root}/away", $"{_root}/0");
        Change();
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal((BackupState.CompletedWithErrors, BackupKind.Incremental), (outcome.State, outcome.Kind));
        Assert.Equal([ErrorCatalog.ChainIncomplete, null, null], outcome.DestinationFailures.Select(f => f?.Error));
        Assert.Equal([0, 4, 4], Enumerable.Range(0, 3).Select(i => Files($"{_root}/{i}").Count()));
        Assert.Equal(BackupState.Completed, (await RunAsync(BackupKind.Full)).State);
        Assert.Equal(_source.Databases["db"], await RestoreNewestAsync(_destinations[0]));
    }

    [Fact]
    public async Task An_incremental_builds_on_a_complete_chain_although_another_destination_lost_a_file()
    {
        await RunAsync(BackupKind.Full);
        Change();
        await RunAsync(BackupKind.Incremental);
        File.Delete(Directory.GetFiles($"{_root}/0", "*.snapshot.tar.zst", SearchOption.AllDirectories).Single());
        Change();
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal((BackupState.CompletedWithErrors, BackupKind.Incremental), (outcome.State, outcome.Kind));
        foreach (var destination in _destinations.Skip(1))
        {
            Assert.Equal(_source.Databases["db"], await RestoreNewestAsync(destination));
        }
    }

    [Fact]
    public async Task A_chain_that_the_destinations_have_only_together_is_repaired_at_one_of_them_and_extended()
    {
        await RunAsync(BackupKind.Full);
        Change();
        await RunAsync(BackupKind.Incremental);
        File.Delete(Directory.GetFiles($"{_root}/0", "*.snapshot.tar.zst", SearchOption.AllDirectories).Single());
        File.Delete(Directory.GetFiles($"{_root}/1", "*.incremental-backup.tar.zst", SearchOption.AllDirectories).Single());
        Directory.Delete(Directory.GetDirectories($"{_root}/2/fake").Single(), recursive: true);
        Change();
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal((BackupState.CompletedWithErrors, BackupKind.Incremental), (outcome.State, outcome.Kind));
        var whole = _destinations[outcome.DestinationFailures.ToList().IndexOf(null)];
        Assert.Equal(_source.Databases["db"], await RestoreNewestAsync(whole));
    }

    [Fact]
    public async Task A_chain_that_no_destination_has_completely_is_not_extended()
    {
        await RunAsync(BackupKind.Full);
        foreach (var file in Directory.GetFiles(_root, "*.snapshot.tar.zst", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
        Change();
        Assert.Equal(BackupKind.Full, (await RunAsync(BackupKind.Incremental)).Kind);
    }

    [Fact]
    public async Task Each_task_of_a_database_has_its_own_chains()
    {
        var first = await RunAsync(BackupKind.Full, "aaaa");
        var other = await RunAsync(BackupKind.Incremental, "bbbb");
        Assert.Equal(BackupKind.Full, other.Kind);
        Change();
        var next = await RunAsync(BackupKind.Incremental, "aaaa");
        Assert.Equal(BackupKind.Incremental, next.Kind);
        Assert.Equal(Path.GetDirectoryName(first.Path), Path.GetDirectoryName(next.Path));
    }

    [Fact]
    public async Task A_chain_that_is_too_old_is_not_extended()
    {
        await RunAsync(BackupKind.Full);
        _time.Advance(TimeSpan.FromDays(30) + TimeSpan.FromSeconds(1));
        Change();
        var outcome = await RunAsync(BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, outcome.Kind);
        Assert.Contains("made as full: the chain is older than 30 days", outcome.Warnings);
    }

    private static IEnumerable<string> Files(string root) =>
        Directory
            .GetFiles(root, "*.*", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) != DestinationIdentity.FileName)
            .Select(f =>
                $"{Path.GetRelativePath(root, f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"
            )
            .Order(StringComparer.Ordinal);

    private void Change() => _source.Databases["db"][5000]++;

    private async Task<BackupOutcome> RunAsync(BackupKind kind, string? task = null)
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        var options = new BackupOptions
        {
            Kind = kind,
            Type = BackupType.Snapshot,
            Node = "A",
            NodeKey = _node,
            Task = task,
            MaxChainAge = TimeSpan.FromDays(30),
        };
        var outcome = await new DatabaseBackup(
            "fake",
            _source,
            [.. _destinations.Cast<IDestination>()],
            options,
            OutputResources.Create(_root),
            _time
        ).RunAsync(_source.Database("db"), null, new(3), () => { }, Token);
        Assert.NotEqual(BackupState.Failed, outcome.State);
        return outcome;
    }

    private async Task<byte[]> RestoreNewestAsync(LocalDestination destination)
    {
        StoredChain? chain = null;
        await foreach (var found in DatabaseFolder.Of(destination, new("fake", "db")).ListChainsAsync(Token))
        {
            chain ??= found;
        }
        var point = await RestorePointFinder.FindAsync(new(destination, [chain!], null), null, AgeKeys.None, Token);
        await using var reader = await RestorePointReader.OpenAsync(destination, point, AgeKeys.None, Token);
        await DatabaseRestore.RunAsync("fake", _source, "restored", reader, Token);
        _source.Databases.Remove("restored", out var bytes);
        return bytes!;
    }
}
