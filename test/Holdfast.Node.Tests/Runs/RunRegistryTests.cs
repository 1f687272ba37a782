using System.Diagnostics;
using Holdfast.Archive.Age;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Runs;

/// <summary>Runs over databases with spread starts, on a whole node.</summary>
public sealed class RunRegistryTests : IAsyncLifetime
{
    private const int Databases = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly FakeSource _source = new();
    private readonly MemoryStore _store = new() { IsExclusive = true };
    private TestNode _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < Databases; i++)
        {
            _source.Databases[$"db{i}"] = new byte[4096];
        }
        await StartAsync();
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{_root}/nas",
            },
            0,
            Token
        );
    }

    private async Task StartAsync(string tag = "A")
    {
        _node = new(
            new()
            {
                Tag = tag,
                Key = AgeIdentity.Generate(),
                DestinationFactories = [new LocalDestinationFactory([_root])],
                Zone = TimeZoneInfo.Utc,
            },
            _store,
            [new("fake", _source, true)],
            _time
        );
        await _node.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Aborting_a_run_also_ends_backups_that_have_not_started()
    {
        var offsets = await PutAsync("0 12 * * *", TimeSpan.FromHours(2));
        await AdvanceAsync(new(12, 40), until: () => Ended() == offsets.Count(o => o <= TimeSpan.FromMinutes(40)));
        var begun = Ended();
        Assert.InRange(begun, 1, Databases - 1);
        var run = Assert.Single(_node.Runs.All);
        Assert.Equal(Databases - begun, await _node.AbortRunAsync(run.Id, "tester"));
        run = _node.Runs.Find(run.Id)!;
        Assert.Equal((begun, Databases - begun, 0, true), (run.Done, run.Aborted, run.Waiting, run.HasEnded));
        for (var i = 0; i < 20; i++)
        {
            await AdvanceAsync(TimeOnly.FromDateTime(_time.GetUtcNow().UtcDateTime).AddMinutes(10), until: () => true);
        }
        Assert.Equal(begun, _node.Operations.All.Count(o => o.State == OperationState.Completed));
        Assert.Equal(Databases, _node.Operations.All.Count);
        Assert.Equal(0, await _node.AbortRunAsync(run.Id, "tester"));
        Assert.All(_node.Tasks.All, t =>
            Assert.Equal(new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero) + t.Offset, _node.NextOf(t.Id)!.At)
        );
    }

    [Fact]
    public async Task Aborting_a_run_while_its_backups_are_being_queued_starts_none_of_the_remaining_ones()
    {
        await PutAsync("0 12 * * *", TimeSpan.Zero);
        var isFirst = true;
        _node.Operations.Changed += operation =>
        {
            if (!isFirst || operation.RunId is not { } run)
            {
                return;
            }
            isFirst = false;
            _node.AbortRunAsync(run, "tester").GetAwaiter().GetResult(); // in the middle of an iteration of the scheduler
        };
        await AdvanceAsync(new(12, 0), until: () => Ended() >= Databases);
        await AdvanceAsync(new(12, 30), until: () => true);
        var run = Assert.Single(_node.Runs.All);
        Assert.Equal((Databases, Databases, 0), (_node.Operations.All.Count, run.Aborted, run.Done));
        Assert.All(_node.Tasks.All, t => Assert.Equal(new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero), _node.NextOf(t.Id)!.At));
    }

    [Fact]
    public async Task Aborting_a_run_also_ends_the_retries_of_failed_backups()
    {
        await PutAsync("0 12 * * *", TimeSpan.Zero);
        _source.Broken.Add("db0");
        await AdvanceAsync(new(12, 0), until: () => Ended() == Databases);
        var run = Assert.Single(_node.Runs.All);
        await _node.AbortRunAsync(run.Id, "tester");
        var failed = _node.Tasks.Of(new("fake", "db0")).Single();
        Assert.Equal(new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero), _node.NextOf(failed.Id)!.At);
        for (var minute = 1; minute < 30; minute++)
        {
            await AdvanceAsync(new(12, minute), until: () => true);
        }
        Assert.Equal(Databases, _node.Operations.All.Count);
        Assert.Equal((1, Databases - 1), (_node.Runs.Find(run.Id)!.Failed, _node.Runs.Find(run.Id)!.Done));
        Assert.Equal(OperationState.Failed, _node.StatusOf(failed.Id).LastState);
    }

    [Fact]
    public async Task A_run_is_stored_when_its_slot_begins()
    {
        await PutAsync("0 12 * * *", TimeSpan.FromHours(2));
        await AdvanceAsync(new(12, 0), until: () => _node.Runs.All.Count == 1);
        var stored = Assert.Single(_node.State.Runs.Items).Value; // progress has not been stored since
        Assert.Equal((Databases, new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero)), (stored.Due, stored.Slot));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")] // another tag than before: the state still belongs to this node
    public async Task A_run_without_a_started_backup_survives_a_kill_of_the_server(string tag)
    {
        await PutAsync("0 12 * * *", TimeSpan.FromHours(2));
        await AdvanceAsync(new(12, 0), until: () => _node.Runs.All.Count == 1);
        Assert.Equal(0, Ended());
        var run = Assert.Single(_node.Runs.All);
        await _node.State.Writer.FlushAsync(Token);
        await _node.DisposeAsync(); // without a stop
        await StartAsync(tag);
        for (var minute = 10; minute <= 120; minute += 10)
        {
            await AdvanceAsync(new TimeOnly(12, 0).AddMinutes(minute), until: () => true);
        }
        await UntilAsync(() => _node.Runs.All is [{ HasEnded: true }]);
        Assert.Equal((run.Id, Databases), (_node.Runs.All[0].Id, _node.Runs.All[0].Done));
    }

    [Fact]
    public async Task Catching_up_after_many_slots_creates_one_run_for_the_newest_slot_whatever_the_offsets()
    {
        var offsets = await PutAsync("0 * * * *", TimeSpan.FromMinutes(40));
        Assert.Contains(offsets, o => o < TimeSpan.FromMinutes(20));
        Assert.Contains(offsets, o => o > TimeSpan.FromMinutes(20));
        await AdvanceAsync(new(20, 20), until: () => Ended() == Databases);
        var run = Assert.Single(_node.Runs.All);
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 20, 0, 0, TimeSpan.Zero), run.Slot);
        Assert.All(_node.Operations.All, o => Assert.Equal(run.Id, o.RunId));
        Assert.Equal((Databases, 0), (run.Done, run.Missed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backups_of_another_run_in_the_same_slot_still_count_after_a_restart(bool isStopped)
    {
        var offsets = await PutAsync("0 12 * * *", TimeSpan.FromHours(2));
        await AdvanceAsync(new(12, 40), until: () => Ended() == offsets.Count(o => o <= TimeSpan.FromMinutes(40)));
        var begun = Ended();
        Assert.InRange(begun, 1, Databases - 1);
        _node.BackUpAll(_node.State.Templates.Find("0123456789")!.Value, BackupKind.Full, "tester");
        await UntilAsync(() => Ended() == begun + Databases && !_node.Operations.Running.Any());
        var run = _node.Runs.All.Single(r => r.Slot is not null);
        Assert.Equal((Databases, Databases), (run.Due, run.Done));
        await RestartAsync(isStopped);
        Assert.Equal((Databases, Databases), (_node.Runs.Find(run.Id)!.Due, _node.Runs.Find(run.Id)!.Done));
    }

    [Fact]
    public async Task Backups_of_missing_databases_wait_after_a_crash_and_end_as_missed_whatever_happens_to_the_task()
    {
        await PutAsync("*/10 * * * *", TimeSpan.Zero);
        string[] gone = ["db3", "db4", "db5", "db6", "db7"];
        lock (_source.Databases)
        {
            foreach (var name in gone)
            {
                _source.Databases.Remove(name);
            }
        }

        await _node.FindSource("fake")!.DiscoverAsync(Token);
        await UntilAsync(() => _node.State.Databases.Items.Count(d => d.Value.MissingSince is not null) == gone.Length);
        for (var slot = 1; slot <= 4; slot++)
        {
            await AdvanceAsync(new(10, 10 * slot), until: () => Ended() == slot * (Databases - gone.Length));
        }
        await UntilAsync(() => _node.Runs.All.Count(r => r.Waiting == gone.Length) == 4);
        // Recreated tasks are due from now on: they do not show what was due before.
        var (key, edited) = _node.State.Templates.Items.Select(t => (t.Key, t.Value)).Single();
        await _node.State.Templates.PutAsync(key, edited with { ScheduledSince = _time.GetUtcNow() }, null, Token);
        await RestartAsync(isStopped: false);
        Assert.All(_node.Runs.All, r =>
            Assert.Equal((Databases, Databases - gone.Length, gone.Length, 0), (r.Due, r.Done, r.Waiting, r.Missed))
        );
        await AdvanceAsync(new(11, 45), until: () => _node.Runs.All.Count == 5);
        var slots = _node.Runs.All.OrderBy(r => r.Slot).Take(4).ToList();
        Assert.All(slots, r =>
            Assert.Equal((Databases, Databases - gone.Length, 0, gone.Length, true), (r.Due, r.Done, r.Waiting, r.Missed, r.HasEnded))
        );
        Assert.All(slots, r => Assert.Equal(gone.Select(name => $"fake/{name}"), r.MissedDatabases));
    }

    private async Task RestartAsync(bool isStopped)
    {
        if (isStopped)
        {
            await _node.StopAsync();
        }
        else
        {
            _node.Runs.Store();
            await _node.State.Writer.FlushAsync(Token);
        }

        await _node.DisposeAsync();
        await StartAsync();
    }

    private int Ended() => _node.Operations.All.Count(o => o.HasEnded);

    // The offsets are shares of the spread by a hash of template and database: the same at every start.
    private async Task<IReadOnlyList<TimeSpan>> PutAsync(string full, TimeSpan spread)
    {
        var template = new Template
        {
            Id = "0123456789",
            Name = "nightly",
            ScheduledSince = _time.GetUtcNow(),
            Spread = spread,
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = full,
                TimeZone = "UTC",
                Destinations = ["nas"],
            },
        };
        await _node.State.Templates.PutAsync(template.Id, template, null, Token);
        await UntilAsync(() => _node.Tasks.All.Count == Databases && _node.Tasks.All.All(t => _node.NextOf(t.Id) is not null));
        return [.. _node.Tasks.All.Select(t => t.Offset)];
    }

    private async Task AdvanceAsync(TimeOnly time, Func<bool> until)
    {
        _time.SetUtcNow(new(DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime), time, TimeSpan.Zero));
        await UntilAsync(until);
        await UntilAsync(() => !_node.Operations.Running.Any());
    }

    // The node works by itself; the test only waits for the result.
    private async Task UntilAsync(Func<bool> isSo)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(
                Stopwatch.GetElapsedTime(started) < Patience,
                $"The condition was not met in time: {string.Join("; ", _node.Operations.All.Take(5))} {string.Join("; ", _node.Runs.All)}"
            );
            await Task.Delay(5, Token);
        }
    }
}
