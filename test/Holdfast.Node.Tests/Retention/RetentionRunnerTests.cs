using Holdfast.Core.Errors;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Retention;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Retention;

/// <summary>Retention that is stopped or fails reports what it has deleted.</summary>
public sealed class RetentionRunnerTests : IAsyncLifetime
{
    private static readonly string[] Days = ["2026-10-05", "2026-10-12", "2026-10-19", "2026-11-05", "2026-11-24"];

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
    private readonly BackupTask _task = new()
    {
        Id = "0123456789",
        Database = new("fake", "a"),
        Name = "own",
        ScheduledSince = DateTimeOffset.UnixEpoch,
        Settings = new()
        {
            Type = BackupType.Snapshot,
            FullBackup = "0 * * * *",
            Destinations = ["nas"],
            Retention = new RetentionPolicy(TimeSpan.FromDays(30)),
        },
    };

    private LocalDestination _destination = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        foreach (var day in Days)
        {
            Directory.CreateDirectory($"{_root}/fake/a/{day}-12-00-00.A-snapshot-0123456789");
            File.WriteAllText($"{_root}/fake/a/{day}-12-00-00.A-snapshot-0123456789/{day}-12-00-00.snapshot.tar.zst", "archive");
        }

        _destination = LocalDestination.Open(_root, create: false);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _destination.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Stopped_retention_reports_what_it_has_deleted()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var run = await RunAsync(deletions => deletions == 2 ? stop.CancelAsync() : Task.CompletedTask, stop.Token);
        Assert.Equal(ErrorCatalog.Interrupted, run.Error?.Error);
        AssertReported(run, 1);
    }

    [Fact]
    public async Task Failed_retention_reports_what_it_has_deleted()
    {
        var run = await RunAsync(
            deletions => deletions == 2 ? throw new InvalidOperationException("a fault in a library") : Task.CompletedTask,
            Token
        );
        Assert.Equal(ErrorCatalog.Unexpected, run.Error?.Error);
        Assert.Contains("a fault in a library", run.Error!.Message, StringComparison.Ordinal);
        AssertReported(run, 1);
    }

    [Fact]
    public async Task A_cancellation_that_nobody_requested_is_a_failure()
    {
        var run = await RunAsync(_ => throw new OperationCanceledException("a time limit of a library"), Token);
        Assert.Equal(ErrorCatalog.Unexpected, run.Error?.Error);
        AssertReported(run, 0);
    }

    [Fact]
    public async Task A_chain_with_a_damaged_full_archive_does_not_allow_the_deletion_of_a_good_one()
    {
        await using var catalog = CatalogStore.Open(null, NullLogger<CatalogStore>.Instance, _time);
        foreach (var day in Days)
        {
            await catalog.RecordAsync(
                Chain(day),
                _task.Database,
                _task.Id,
                new() { Name = $"{day}-12-00-00.snapshot.tar.zst", Length = 7 },
                [new("nas", null)]
            );
        }
        await FoundAsync(Days[3], CopyState.Damaged);
        await FoundAsync(Days[4], CopyState.Missing);
        var runner = new RetentionRunner(TimeZoneInfo.Utc, _time, catalog);
        var plan = await runner.PlanAsync(_task, "nas", _destination, approved: true, Token);
        Assert.Equal(Days[..2].Select(Chain), plan.Deletable.Select(c => c.Path));
        Assert.Equal(
            Days[..3].Select(Chain),
            (await runner.PlanAsync(_task, "other", _destination, approved: true, Token)).Deletable.Select(c => c.Path)
        );

        Task FoundAsync(string day, CopyState state) =>
            catalog.RecordFindingsAsync(
                _task.Database,
                _task.Id,
                [
                    new()
                    {
                        Chain = Chain(day),
                        Name = $"{day}-12-00-00.snapshot.tar.zst",
                        Destination = "nas",
                        State = state,
                        At = _time.GetUtcNow(),
                        Problem = new("corrupt", "It rots.", null),
                    },
                ]
            );
    }

    [Fact]
    public async Task A_chain_that_a_restore_is_reading_is_kept_until_the_next_run()
    {
        var chains = new ChainLocks();
        var runner = new RetentionRunner(TimeZoneInfo.Utc, _time, chains: chains);
        using (chains.AcquireRead("other", Chain(Days[0])))
        using (chains.AcquireRead("nas", Chain(Days[1])))
        {
            Assert.Equal([Chain(Days[0])], (await runner.RunAsync(_task, "nas", _destination, null, Token)).Deleted);
        }

        Assert.Equal(Days[1..3].Select(Chain), (await runner.RunAsync(_task, "nas", _destination, null, Token)).Deleted);
    }

    [Fact]
    public void A_chain_that_is_being_deleted_cannot_be_read()
    {
        var chains = new ChainLocks();
        using (chains.TryAcquireDelete("nas", "chain"))
        {
            Assert.Equal(ErrorCatalog.NotFound, Assert.Throws<HoldfastException>(() => chains.AcquireRead("nas", "chain")).Error);
            Assert.Null(chains.TryAcquireDelete("nas", "chain"));
        }

        using var first = chains.AcquireRead("nas", "chain");
        chains.AcquireRead("nas", "chain").Dispose();
        Assert.Null(chains.TryAcquireDelete("nas", "chain"));
    }

    private static string Chain(string day) => $"fake/a/{day}-12-00-00.A-snapshot-0123456789";

    private void AssertReported(RetentionResult run, int count)
    {
        var deleted = Days.Where(d => !Directory.Exists($"{_root}/fake/a/{d}-12-00-00.A-snapshot-0123456789"))
            .Select(d => $"fake/a/{d}-12-00-00.A-snapshot-0123456789")
            .ToList();
        Assert.Equal(count, deleted.Count);
        Assert.Equal(deleted, run.Deleted.Order(StringComparer.Ordinal));
        Assert.False(run.Problem?.NeedsApproval);
    }

    private Task<RetentionResult> RunAsync(Func<int, Task> deleting, CancellationToken cancellationToken) =>
        new RetentionRunner(TimeZoneInfo.Utc, _time).RunAsync(
            _task,
            "nas",
            new Interfering(_destination, deleting),
            null,
            cancellationToken
        );

    // Calls the test before each deletion.
    private sealed class Interfering(IDestination inner, Func<int, Task> deleting) : DelegatingDestination(inner)
    {
        private int _deletions;

        public override async Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(
            IReadOnlyList<string> paths,
            CancellationToken cancellationToken
        )
        {
            await deleting(++_deletions);
            cancellationToken.ThrowIfCancellationRequested();
            return await Inner.DeleteManyAsync(paths, cancellationToken);
        }

        protected override ValueTask CloseAsync() => default;
    }
}
