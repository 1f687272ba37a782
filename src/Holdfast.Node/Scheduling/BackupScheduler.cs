using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Scheduling;

/// <summary>
/// Waits for the task that is due next, and starts it. <see cref="Scheduler"/> computes when each task is due; this class keeps the
/// tasks in the order of these times.
/// </summary>
/// <param name="tasks">The tasks, which it also starts.</param>
/// <param name="zone">Default time zone of schedules.</param>
/// <param name="time">The clock.</param>
public sealed class BackupScheduler(IScheduledTasks tasks, TimeZoneInfo zone, TimeProvider time) : IDisposable
{
    // A clock that was set is noticed after this time at the latest.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    // A task that cannot be scheduled or started is retried after this time.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMinutes(1);

    // Guards _queue, _next and _version. Tasks are read while it is held (IScheduledTasks.Find, StatusOf, CanRun, IsBusy), which must
    // not call back; backups are started after it is released.
    private readonly Lock _gate = new();
    private readonly PriorityQueue<(string Id, long Version), DateTimeOffset> _queue = new();
    private readonly Dictionary<string, (NextBackup? Next, long Version)> _next = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, OperationError> _problems = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0);
    private long _version,
        _lastIteration = time.GetTimestamp();

    /// <summary>
    /// Raised after each iteration, when all due tasks have been started. At least once a minute. Must not block.
    /// </summary>
    public event Action? IterationCompleted;

    /// <summary>Time since the last iteration, or since the start; excludes time in which the machine was asleep.</summary>
    public TimeSpan SinceLastIteration => time.GetElapsedTime(Interlocked.Read(ref _lastIteration));

    /// <summary>
    /// Why tasks cannot be scheduled or started, by task id. Each is retried every minute, and does not stop the others.
    /// </summary>
    public IReadOnlyDictionary<string, OperationError> Problems => _problems;

    /// <summary>When a task is due; null for never, or if its schedule could never be read.</summary>
    public NextBackup? NextOf(string taskId)
    {
        lock (_gate)
        {
            return _next.GetValueOrDefault(taskId).Next;
        }
    }

    /// <summary>Reschedules tasks that have changed, or whose status has.</summary>
    public void Reschedule(IEnumerable<string> taskIds)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var id in taskIds)
            {
                try
                {
                    Reschedule(id, now);
                }
                catch (Exception e)
                {
                    ScheduleRetry(id, now, e);
                }
            }
        }

        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each iteration.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            var until = StartDue();
            Interlocked.Exchange(ref _lastIteration, time.GetTimestamp());
            Subscribers.Notify(IterationCompleted);
            loop.CompleteIteration();
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var delay = Task.Delay(Until(until), time, timer.Token);
            // The clock may have moved on between reading it and starting the timer.
            if (time.GetUtcNow() < until)
            {
                await Task.WhenAny(_wake.WaitAsync(timer.Token), delay);
            }
            await timer.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private void Reschedule(string id, DateTimeOffset now)
    {
        if (tasks.Find(id) is not { } task)
        {
            _next.Remove(id);
            _problems.TryRemove(id, out _);
            return;
        }

        var next = Next(task, now);
        _next[id] = (next, ++_version);
        if (next is not null)
        {
            _queue.Enqueue((id, _version), next.At);
        }
        _problems.TryRemove(id, out _);
    }

    // Called with the lock held. The task is retried later: one odd task does not stop the others. Its due time stays, so that it
    // shows up as overdue.
    private void ScheduleRetry(string id, DateTimeOffset now, Exception why)
    {
        _problems[id] = why is HoldfastException known
            ? OperationError.From(known)
            : new(ErrorCatalog.Unexpected.Code, $"{why.GetType().Name}: {why.Message}", null);
        _next[id] = (_next.GetValueOrDefault(id).Next, ++_version);
        _queue.Enqueue((id, _version), now + RetryDelay);
    }

    // A schedule was validated when it was saved, but an update of the system can remove its time zone: then this throws, and the
    // task is reported as a problem.
    private NextBackup? Next(BackupTask task, DateTimeOffset now) => Scheduler.GetNext(task, tasks.StatusOf(task.Id), now, zone);

    private TimeSpan Until(DateTimeOffset moment) => moment - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    // Starts due tasks, and returns when the next one is due.
    private DateTimeOffset StartDue()
    {
        var begin = new List<(BackupTask Task, NextBackup Next)>();
        DateTimeOffset until;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            until = now + MaxWait;
            while (_queue.TryPeek(out var first, out var at))
            {
                if (_next.TryGetValue(first.Id, out var current) && current.Version == first.Version)
                {
                    if (at > now)
                    {
                        if (at < until)
                        {
                            until = at;
                        }
                        break;
                    }

                    CollectIfDue(first.Id, now, begin);
                }

                _queue.Dequeue();
            }
        }

        foreach (var (task, next) in begin)
        {
            Start(task, next);
        }
        return until;
    }

    // Checked again, because the clock may have been set meanwhile.
    private void CollectIfDue(string id, DateTimeOffset now, List<(BackupTask Task, NextBackup Next)> begin)
    {
        try
        {
            var task = tasks.Find(id);
            var next = task is null || !tasks.CanRun(id) ? null : Next(task, now);
            _next[id] = (next, ++_version);
            // A task with a running backup stays due, so that it shows up as overdue if that takes too long; it is rescheduled when
            // the backup has ended.
            if (next is not null && next.At > now)
            {
                _queue.Enqueue((id, _version), next.At);
            }
            else if (next is not null && !tasks.IsBusy(id))
            {
                begin.Add((task!, next));
            }
            if (next is null || next.At > now)
            {
                _problems.TryRemove(id, out _);
            }
        }
        catch (Exception e)
        {
            ScheduleRetry(id, now, e);
        }
    }

    private void Start(BackupTask task, NextBackup next)
    {
        try
        {
            if (!tasks.TryStart(task, next))
            {
                Reschedule([task.Id]);
            }
            _problems.TryRemove(task.Id, out _);
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                ScheduleRetry(task.Id, time.GetUtcNow(), e);
            }
        }
    }
}
