using System.Diagnostics;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Tests.Scheduling;

/// <summary>The loop that starts due backups: a failing task or subscriber does not affect other backups.</summary>
public sealed class BackupSchedulerTests : IScheduledTasks, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 59, 30, TimeSpan.Zero));
    private readonly Supervisor _supervisor;
    private readonly Dictionary<string, BackupTask> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Exception> _oddStatus = new(StringComparer.Ordinal),
        _oddBegin = new(StringComparer.Ordinal),
        _oddTask = new(StringComparer.Ordinal);
    private readonly List<string> _begun = [];
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly BackupScheduler _scheduler;

    public BackupSchedulerTests()
    {
        _supervisor = new(_time, NullLogger<Supervisor>.Instance);
        _scheduler = new(this, TimeZoneInfo.Utc, _time);
    }

    /// <summary>Exceptions of other components.</summary>
    public static TheoryData<Exception> Failures =>
        [
            new InvalidOperationException("odd"),
            new OperationCanceledException("a library's own"),
            new OverflowException("a status of the year 9999"),
        ];

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        _scheduler.Dispose();
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_task_whose_next_time_cannot_be_computed_does_not_block_others_and_is_retried(Exception failure)
    {
        Add("odd", "good");
        _oddStatus["odd"] = failure;
        Start();
        await AdvanceUntilAsync(() => StartedTasks.Contains("good"), TimeSpan.FromMinutes(10));
        Assert.DoesNotContain("odd", StartedTasks);
        Assert.Contains(failure.Message, _scheduler.Problems["odd"].Message, StringComparison.Ordinal);
        Assert.Null(_supervisor.Loops.Single().Problem);
        lock (_gate)
        {
            _oddStatus.Clear();
        }
        await AdvanceUntilAsync(() => StartedTasks.Contains("odd"), TimeSpan.FromMinutes(10));
        Assert.Empty(_scheduler.Problems);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_task_that_cannot_be_started_does_not_block_others_and_is_started_later(Exception failure)
    {
        Add("a", "odd", "z");
        _oddBegin["odd"] = failure;
        Start();
        await AdvanceUntilAsync(
            () => StartedTasks.Contains("a") && StartedTasks.Contains("z") && _scheduler.Problems.ContainsKey("odd"),
            TimeSpan.FromMinutes(10)
        );
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 11, 0, 0, TimeSpan.Zero), _scheduler.NextOf("odd")?.At);
        lock (_gate)
        {
            _oddBegin.Clear();
        }
        await AdvanceUntilAsync(() => StartedTasks.Contains("odd"), TimeSpan.FromMinutes(3));
        Assert.Empty(_scheduler.Problems);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_task_that_cannot_be_looked_up_does_not_block_others(Exception failure)
    {
        Add("odd", "good");
        _oddTask["odd"] = failure;
        Start();
        await AdvanceUntilAsync(() => StartedTasks.Contains("good"), TimeSpan.FromMinutes(10));
        Assert.Single(_scheduler.Problems);
    }

    [Fact]
    public async Task A_task_with_an_unreadable_schedule_is_reported_and_does_not_block_others()
    {
        Add("odd", "good");
        _tasks["odd"] = _tasks["odd"] with { Settings = _tasks["odd"].Settings with { TimeZone = "Mars/Olympus" } };
        Start();
        await AdvanceUntilAsync(() => StartedTasks.Contains("good"), TimeSpan.FromMinutes(2));
        Assert.Contains("Mars/Olympus", _scheduler.Problems["odd"].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_task_stays_due_when_it_is_saved_and_is_not_started_twice()
    {
        Add("busy", "good");
        _busy.Add("busy");
        Start();
        var slot = new DateTimeOffset(2026, 11, 25, 11, 0, 0, TimeSpan.Zero);
        await AdvanceUntilAsync(() => StartedTasks.Contains("good"), TimeSpan.FromMinutes(2));
        lock (_gate)
        {
            _begun.Clear();
        }
        _scheduler.Reschedule(["busy", "good"]);
        await AdvanceUntilAsync(() => StartedTasks.Contains("good"), TimeSpan.FromMinutes(2)); // so it has completed an iteration since
        Assert.Equal(slot, _scheduler.NextOf("busy")?.At);
        Assert.DoesNotContain("busy", StartedTasks);
    }

    [Fact]
    public async Task A_subscriber_that_throws_does_not_stop_the_scheduler()
    {
        Add("a");
        _scheduler.IterationCompleted += () => throw new InvalidOperationException("a listener's fault");
        Start();
        await AdvanceUntilAsync(() => StartedTasks.Contains("a"), TimeSpan.FromMinutes(10));
        Assert.Null(_supervisor.Loops.Single().Problem);
    }

    private IReadOnlyList<string> StartedTasks
    {
        get
        {
            lock (_gate)
            {
                return [.. _begun];
            }
        }
    }

    private void Add(params string[] ids)
    {
        foreach (var id in ids)
        {
            _tasks[id] = new()
            {
                Id = id,
                Database = new("s", id),
                Name = id,
                Settings = new()
                {
                    Type = BackupType.Snapshot,
                    FullBackup = "0 * * * *",
                    Destinations = ["nas"],
                },
                ScheduledSince = _time.GetUtcNow(),
            };
        }
    }

    private void Start()
    {
        _scheduler.Reschedule(_tasks.Keys.Order(StringComparer.Ordinal));
        _supervisor.Start("scheduler", TimeSpan.FromMinutes(1), _scheduler.RunAsync, CancellationToken.None);
    }

    BackupTask? IScheduledTasks.Find(string id)
    {
        lock (_gate)
        {
            return _oddTask.TryGetValue(id, out var odd) ? throw odd : _tasks.GetValueOrDefault(id);
        }
    }

    TaskStatus IScheduledTasks.StatusOf(string id)
    {
        lock (_gate)
        {
            return _oddStatus.TryGetValue(id, out var odd) ? throw odd : TaskStatus.NeverRun;
        }
    }

    bool IScheduledTasks.IsBusy(string taskId) => _busy.Contains(taskId);

    bool IScheduledTasks.CanRun(string taskId) => true;

    bool IScheduledTasks.TryStart(BackupTask task, NextBackup next)
    {
        lock (_gate)
        {
            if (_oddBegin.TryGetValue(task.Id, out var odd))
            {
                throw odd;
            }
            _begun.Add(task.Id);
            return true;
        }
    }

    private async Task AdvanceUntilAsync(Func<bool> isDone, TimeSpan atMost)
    {
        var end = _time.GetUtcNow() + atMost;
        var started = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            if (_time.GetUtcNow() < end)
            {
                _time.Advance(TimeSpan.FromSeconds(10));
            }
            else
            {
                // on a busy machine the loop notices the clock late
                Assert.True(Stopwatch.GetElapsedTime(started) < Patience, "it was not started");
            }
            for (var i = 0; i < 5 && !isDone(); i++)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        }
    }
}
