using Holdfast.Core.Alerts;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Operations;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;
using Holdfast.Node.Verification;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Verification;

/// <summary>The order in which chains are verified.</summary>
public sealed class VerificationSchedulerTests : IVerificationQueue, IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly CatalogStore _catalog = CatalogStore.Open(null, NullLogger<CatalogStore>.Instance, TimeProvider.System);

    private bool _hasQueuedBackups;

    bool IVerificationQueue.HasQueuedBackups => _hasQueuedBackups;

    public ValueTask DisposeAsync() => _catalog.DisposeAsync();

    RunningOperation IVerificationQueue.EnqueueDue(VerifyJob job) => throw new InvalidOperationException("it is not its turn");

    [Fact]
    public async Task Chains_never_verified_come_first_then_the_oldest_and_none_before_it_is_due()
    {
        await RecordAsync("fake/db/2026-11-01", null, "nas", "second");
        await RecordAsync("fake/db/2026-11-08", -10, "nas");
        await RecordAsync("fake/db/2026-11-15", -20, "nas");
        await RecordAsync("fake/db/2026-11-22", -6, "nas");
        Assert.Equal(
            ["fake/db/2026-11-01 nas", "fake/db/2026-11-15 nas", "fake/db/2026-11-08 nas"],
            (await RotationAsync(OfDays(7, "nas"))).GetDue().Select(d => $"{d.Age.Chain} {d.Age.Destination}")
        );
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(4, (await RotationAsync(OfDays(7, "nas"))).GetDue().Count);
        Assert.Empty((await RotationAsync(OfDays(null, "nas"))).GetDue());
    }

    [Fact]
    public async Task Missing_copies_are_not_verified()
    {
        await RecordAsync("fake/db/2026-11-01", null, "nas");
        await _catalog.RecordFindingsAsync(
            new("fake", "db"),
            "0123456789",
            [
                new()
                {
                    Chain = "fake/db/2026-11-01",
                    Name = "a",
                    Destination = "nas",
                    State = CopyState.Missing,
                    At = _time.GetUtcNow(),
                },
            ]
        );
        Assert.Empty((await RotationAsync(OfDays(7, "nas"))).GetDue());
    }

    [Fact]
    public async Task Chains_not_verified_for_twice_their_interval_raise_an_alert()
    {
        await RecordAsync("fake/db/2026-11-10-10-00-00.A-snapshot-0123456789", null, "nas");
        await RecordAsync("fake/db/2026-11-12-10-00-00.A-snapshot-0123456789", null, "nas", "elsewhere");
        await RecordAsync("fake/db/2026-01-01-10-00-00.A-snapshot-0123456789", -13, "nas");
        await RecordAsync("fake/db/2026-01-02-10-00-00.A-snapshot-0123456789", -15, "nas");
        var rotation = await RotationAsync(OfDays(7, "nas"));
        rotation.Refresh();
        var late = Assert.Single(rotation.Overdue);
        Assert.Equal((2, _time.GetUtcNow().AddDays(-15)), (late.Chains, late.Since));
        var alert = Assert.Single(
            AlertRules.Evaluate(
                new()
                {
                    Now = _time.GetUtcNow(),
                    StartedAt = _time.GetUtcNow(),
                    LateVerifications = rotation.Overdue,
                }
            )
        );
        Assert.Equal((AlertKind.VerificationLate, "fake/db"), (alert.Kind, alert.Subject.Database));
        Assert.Contains(
            "every 7 days; 2 chains were not verified for twice as long, the oldest not since 2026-11-10",
            alert.Message,
            StringComparison.Ordinal
        );

        foreach (var never in (int?[])[null, 8])
        {
            var other = await RotationAsync(OfDays(never, "nas"));
            other.Refresh();
            Assert.Empty(other.Overdue);
        }
    }

    [Fact]
    public async Task Verifications_that_become_late_because_of_backups_raise_an_alert()
    {
        await RecordAsync("fake/db/2026-11-24-10-00-00.A-snapshot-0123456789", null, "nas");
        _hasQueuedBackups = true;
        var rotation = await RotationAsync(OfDays(7, "nas"));
        await using var supervisor = new Supervisor(_time, NullLogger<Supervisor>.Instance);
        supervisor.Start("verification", VerificationScheduler.CheckInterval, rotation.RunAsync, TestContext.Current.CancellationToken);
        for (var i = 0; i < 20_000 && rotation.Overdue.Count == 0; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(1, TestContext.Current.CancellationToken); // the loop needs time to notice it
        }

        Assert.Equal(1, Assert.Single(rotation.Overdue).Chains);
    }

    private static BackupTask OfDays(int? days, string destination) =>
        new()
        {
            Id = "0123456789",
            Database = new("fake", "db"),
            Name = "nightly",
            ScheduledSince = default,
            Settings = new()
            {
                Type = BackupType.Snapshot,
                VerifyEveryDays = days,
                Destinations = [destination],
            },
        };

    private async Task<VerificationScheduler> RotationAsync(BackupTask task)
    {
        await using var state = new NodeState(new MemoryStore(), "A", _time);
        await state.StartAsync(TestContext.Current.CancellationToken);
        state.Databases.Set(
            new()
            {
                Id = task.Database,
                Engine = "fake",
                FirstSeen = _time.GetUtcNow(),
            }
        );
        var stored = new RegularTask
        {
            Id = task.Id,
            Name = task.Name,
            Database = task.Database,
            Settings = task.Settings,
            ScheduledSince = task.ScheduledSince,
        };
        await state.Tasks.PutAsync(task.Id, stored, null, TestContext.Current.CancellationToken);
        var tasks = new TaskRegistry(state.Templates, state.Tasks, state.Databases);
        tasks.Start();
        Assert.Single(tasks.All);
        return new(_catalog, tasks, this, _time);
    }

    private async Task RecordAsync(string chain, int? verified, params string[] destinations)
    {
        var archive = new CatalogArchive { Name = "a", Length = 1 };
        await _catalog.RecordAsync(
            chain,
            new("fake", "db"),
            "0123456789",
            archive,
            [.. destinations.Select(d => new CopyLocation(d, null))]
        );
        if (verified is not { } days)
        {
            return;
        }
        await _catalog.RecordFindingsAsync(
            new("fake", "db"),
            "0123456789",
            [
                .. destinations.Select(d => new CopyFinding
                {
                    Chain = chain,
                    Name = "a",
                    Destination = d,
                    State = CopyState.Whole,
                    At = _time.GetUtcNow().AddDays(days),
                    IsVerified = true,
                }),
            ]
        );
    }
}
