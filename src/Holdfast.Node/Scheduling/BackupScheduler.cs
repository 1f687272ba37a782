using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Scheduling;

/// <summary>Waits for the task that is due next, of all tasks, and hands it on. When is decided by <see cref="Scheduler"/>; this keeps the answers in order of time.</summary>
/// <param name="taskOf">The task of an id; null where there is none any more.</param>
/// <param name="statusOf">Its status.</param>
/// <param name="isBusy">Whether a task waits or runs: it is asked for again when it has ended.</param>
/// <param name="due">Begins a task.</param>
/// <param name="zone">Time zone of schedules that name none.</param>
/// <param name="time">The clock.</param>
public sealed class BackupScheduler(Func<string, BackupTask?> taskOf, Func<string, TaskStatus> statusOf, Func<string, bool> isBusy, Action<BackupTask, NextBackup> due, TimeZoneInfo zone, TimeProvider time) : IDisposable
{
    // A clock that jumps is noticed no later than this.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly PriorityQueue<(string Id, long Version), DateTimeOffset> _line = new();
    private readonly Dictionary<string, (NextBackup? Next, long Version)> _next = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();
    private long _version, _turn = time.GetTimestamp();

    /// <summary>Told of each turn: it has looked for what is due, and begun it. At least one a minute. Must not block.</summary>
    public event Action? Turned;

    /// <summary>How long ago it turned last, or was made; time in which the machine slept does not count.</summary>
    public TimeSpan SinceTurn => time.GetElapsedTime(Interlocked.Read(ref _turn));

    /// <summary>When a task is due; null for never, or where its schedule cannot be read.</summary>
    public NextBackup? NextOf(string taskId)
    {
        lock (_gate) return _next.GetValueOrDefault(taskId).Next;
    }

    /// <summary>Asks anew when these tasks are due: they, or their status, have changed.</summary>
    public void Ask(IEnumerable<string> taskIds)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var id in taskIds)
            {
                if (taskOf(id) is not { } task)
                {
                    _next.Remove(id);
                    continue;
                }

                var next = Next(task, now);
                _next[id] = (next, ++_version);
                if (next is not null) _line.Enqueue((id, _version), next.At);
            }
        }

        if (_wake.CurrentCount == 0) _wake.Release();
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var until = BeginDue();
            Interlocked.Exchange(ref _turn, time.GetTimestamp());
            Turned?.Invoke();
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var delay = Task.Delay(Until(until), time, timer.Token);
            // The clock may have moved on between the look at it and the timer's beginning.
            if (time.GetUtcNow() < until) await Task.WhenAny(_wake.WaitAsync(timer.Token), delay);
            await timer.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private NextBackup? Next(BackupTask task, DateTimeOffset now)
    {
        try
        {
            return Scheduler.Next(task, statusOf(task.Id), now, zone);
        }
        catch (HoldfastException)
        {
            return null; // its schedule was checked when it was saved; a zone can go with an update of the system
        }
    }

    private TimeSpan Until(DateTimeOffset moment) => moment - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    // Begins what is due, and gives until when nothing will be.
    private DateTimeOffset BeginDue()
    {
        var begin = new List<(BackupTask Task, NextBackup Next)>();
        DateTimeOffset until;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            until = now + Longest;
            while (_line.TryPeek(out var first, out var at))
            {
                if (_next.TryGetValue(first.Id, out var current) && current.Version == first.Version)
                {
                    if (at > now)
                    {
                        if (at < until) until = at;
                        break;
                    }

                    // Asked again, for the clock may have been set meanwhile.
                    var task = taskOf(first.Id);
                    var next = task is null || isBusy(first.Id) ? null : Next(task, now);
                    _next[first.Id] = (next, ++_version);
                    if (next is not null && next.At <= now) begin.Add((task!, next));
                    else if (next is not null) _line.Enqueue((first.Id, _version), next.At);
                }

                _line.Dequeue();
            }
        }

        foreach (var (task, next) in begin) due(task, next);
        return until;
    }
}
