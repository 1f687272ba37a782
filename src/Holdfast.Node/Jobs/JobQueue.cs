using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Jobs;

/// <summary>
/// The one queue of everything that takes its time. A job begins when its lane has a slot and its source and
/// destinations are below their limits; one
/// that cannot begin holds up no other that can. Of those that can, the groups of a lane take turns.
/// </summary>
public sealed partial class JobQueue
{
    private readonly JobLimits _limits;
    private readonly Func<string, bool> _isReady;
    private readonly ILogger _logger;

    // Everything below it, and the state of jobs. Nothing is called out while it is held, except _isReady.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Job> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GroupTurn> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JobLine> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);

    // What is held by one job alone, and the jobs that wait behind that one: null for none, as nearly always.
    private readonly Dictionary<string, Queue<Job>?> _exclusive = new(StringComparer.Ordinal);
    private long _number;
    private long _turn;
    private int _waiting;
    private int _underWay;
    private bool _isStopped;

    /// <summary>Makes it.</summary>
    /// <param name="limits">How many jobs run at once.</param>
    /// <param name="isReady">
    /// Whether a source can be used yet; jobs wait while it cannot. Must neither block nor call the queue. Null where
    /// each can.
    /// </param>
    /// <param name="logger">Takes what must not happen.</param>
    public JobQueue(JobLimits limits, Func<string, bool>? isReady = null, ILogger<JobQueue>? logger = null) =>
        (_limits, _isReady, _logger) = (limits, isReady ?? (_ => true), logger ?? NullLogger<JobQueue>.Instance);

    /// <summary>Told of each job that holds nothing any more: another with its key may begin. Must not block.</summary>
    public event Action<Job>? Over;

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting;
            }
        }
    }

    /// <summary>How many are under way, those too that are being published.</summary>
    public int Running
    {
        get
        {
            lock (_gate)
            {
                return _underWay;
            }
        }
    }

    /// <summary>Whether it begins no more.</summary>
    public bool IsStopped
    {
        get
        {
            lock (_gate)
            {
                return _isStopped;
            }
        }
    }

    /// <summary>All that wait or run, in no order.</summary>
    public IReadOnlyList<Job> Jobs
    {
        get
        {
            lock (_gate)
            {
                return [.. _keys.Values];
            }
        }
    }

    /// <summary>The job with a key that waits or runs; null where none does.</summary>
    public Job? Find(string key)
    {
        lock (_gate)
        {
            return _keys.GetValueOrDefault(key);
        }
    }

    /// <summary>Whether any job holds this for itself alone: <see cref="Job.Exclusive"/>.</summary>
    public bool IsHeld(string exclusive)
    {
        lock (_gate)
        {
            return _exclusive.ContainsKey(exclusive);
        }
    }

    /// <summary>Puts a job in, unless one with its key waits or runs already.</summary>
    /// <param name="job">The job; used once.</param>
    /// <returns>The job with that key: this one, or the one that was there. Null where the queue was stopped.</returns>
    public Job? Add(Job job)
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return null;
            }
            if (_keys.TryGetValue(job.Key, out var present))
            {
                return present;
            }
            _keys.Add(job.Key, job);
            job.Number = ++_number;
            if (!_groups.TryGetValue(job.Group, out var group))
            {
                _groups.Add(job.Group, group = new() { Turn = ++_turn });
            }
            group.Waiting++;
            _waiting++;
            if (TryHold(job))
            {
                PutInLine(job);
            }
        }

        Pump();
        return job;
    }

    /// <summary>Begins whatever can begin: called by the queue itself, and by whoever knows that a source has become ready.</summary>
    public void Pump()
    {
        var begun = new List<Job>();
        lock (_gate)
        {
            while (!_isStopped && Next() is { } next)
            {
                Begin(next.Job, next.Turn);
                begun.Add(next.Job);
            }
        }

        foreach (var job in begun)
        {
            _ = Task.Run(() => RunAsync(job)); // it catches everything
        }
    }

    /// <summary>A job has read what it had to read, and only publishing is left: its slot is another's. Once; then nothing.</summary>
    public void Written(Job job)
    {
        lock (_gate)
        {
            if (!job.HoldsSlot)
            {
                return;
            }
            GiveBackSlot(job);
            job.State = JobState.Publishing;
        }

        Pump();
    }

    /// <summary>
    /// Gives back all that a job holds, though it may still run: a call of it may hang. Its key stays taken until
    /// <see cref="Remove"/>. Nothing for one that waits.
    /// </summary>
    public void Free(Job job)
    {
        lock (_gate)
        {
            GiveBack(job);
        }
        Pump();
    }

    /// <summary>Takes a job out that has not begun; one that has is left alone.</summary>
    /// <returns>Whether it had not begun, and never will.</returns>
    public bool Withdraw(Job job) => RemoveIf(job, onlyWaiting: true);

    /// <summary>Takes a job out for good, one that waits, runs or hangs: its key is free.</summary>
    /// <returns>Whether it had not begun, and never will.</returns>
    public bool Remove(Job job) => RemoveIf(job, onlyWaiting: false);

    private bool RemoveIf(Job job, bool onlyWaiting)
    {
        bool waited;
        lock (_gate)
        {
            if (job.State == JobState.Over || (onlyWaiting && job.State != JobState.Waiting))
            {
                return false;
            }
            waited = job.State == JobState.Waiting;
            if (waited)
            {
                TakeOut(job);
            }
            GiveBack(job);
            job.State = JobState.Over;
            _keys.Remove(job.Key);
            PassOn(job);
        }

        if (waited)
        {
            job.End(null);
        }
        Tell(job);
        Pump();
        return waited;
    }

    /// <summary>Begins no more, and takes no more in.</summary>
    /// <returns>Those that have begun and are not over.</returns>
    public IReadOnlyList<Job> Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            return [.. _keys.Values.Where(j => j.State != JobState.Waiting)];
        }
    }

    private bool TryHold(Job job)
    {
        if (job.Exclusive is not { } exclusive)
        {
            return true;
        }
        if (!_exclusive.TryGetValue(exclusive, out var behind))
        {
            _exclusive.Add(exclusive, null);
            return job.HoldsExclusive = true;
        }

        if (behind is null)
        {
            _exclusive[exclusive] = behind = new();
        }
        behind.Enqueue(job);
        return false;
    }

    // What a job held alone goes to the next that waits for it.
    private void PassOn(Job job)
    {
        if (!job.HoldsExclusive)
        {
            return;
        }
        job.HoldsExclusive = false;
        var behind = _exclusive[job.Exclusive!];
        while (behind is not null && behind.TryDequeue(out var next))
        {
            if (next.State != JobState.Waiting)
            {
                continue; // it was taken out
            }
            next.HoldsExclusive = true;
            PutInLine(next);
            return;
        }

        _exclusive.Remove(job.Exclusive!);
    }

    private void PutInLine(Job job)
    {
        job.Line = LineOf(job);
        job.Line.Add(job, _groups[job.Group]);
    }

    private JobLine LineOf(Job job)
    {
        // Names of sources and destinations hold no spaces.
        var key = $"{job.Lane} {job.Source} {string.Join(' ', job.Destinations)}";
        if (!_lines.TryGetValue(key, out var line))
        {
            _lines.Add(key, line = new(job.Source, [.. SlotOf(job)], [.. UnderWayOf(job)]));
        }
        return line;
    }

    private IEnumerable<JobNeed> SlotOf(Job job)
    {
        var slots = _limits.SlotsOf(job.Lane);
        yield return new($"{job.Lane}", _limits.MostOf(job.Lane));
        foreach (var destination in job.Destinations)
        {
            yield return new($"{job.Lane} destination {destination}", slots);
            yield return new($"destination {destination}", _limits.PerDestination ?? int.MaxValue);
        }

        if (job.Source is null)
        {
            yield break;
        }
        yield return new($"{job.Lane} source {job.Source}", _limits.SourceSlotsOf(job.Lane));

        // A comparison lasts hours where the database is large, and gives way to nobody: it must not take the place of a backup.
        if (job.Lane != JobLane.Compare)
        {
            yield return new($"source {job.Source}", _limits.PerSource ?? int.MaxValue);
        }
    }

    private IEnumerable<JobNeed> UnderWayOf(Job job) =>
        job.Destinations.Select(d => new JobNeed($"under way {d}", _limits.UnderWay)).Append(new("under way", 2 * _limits.UnderWay));

    // Of all lines that can begin one, that whose group has waited longest for its turn.
    private (Job Job, GroupTurn Turn)? Next()
    {
        (Job Job, GroupTurn Turn)? best = null;
        List<string>? empty = null;
        foreach (var (key, line) in _lines)
        {
            if (!CanBegin(line))
            {
                continue;
            }
            if (line.Peek() is not { } next)
            {
                (empty ??= []).Add(key);
            }
            else if (best is not { } known || (next.Turn.Turn, next.Job.Number).CompareTo((known.Turn.Turn, known.Job.Number)) < 0)
            {
                best = next;
            }
        }

        foreach (var key in empty ?? [])
        {
            _lines.Remove(key);
        }
        return best;
    }

    private bool CanBegin(JobLine line) => IsFree(line.Slot) && IsFree(line.UnderWay) && (line.Source is null || _isReady(line.Source));

    private bool IsFree(IReadOnlyList<JobNeed> needs)
    {
        for (var i = 0; i < needs.Count; i++)
        {
            if (_held.GetValueOrDefault(needs[i].Key) >= needs[i].Most)
            {
                return false;
            }
        }

        return true;
    }

    private void Begin(Job job, GroupTurn turn)
    {
        TakeOut(job);
        turn.Turn = ++_turn;
        job.State = JobState.Running;
        (job.HoldsSlot, job.IsUnderWay) = (true, true);
        _underWay++;
        foreach (var need in job.Line.Slot.Concat(job.Line.UnderWay))
        {
            _held[need.Key] = _held.GetValueOrDefault(need.Key) + 1;
        }
    }

    private void TakeOut(Job job)
    {
        _waiting--;
        if (--_groups[job.Group].Waiting == 0)
        {
            _groups.Remove(job.Group);
        }
    }

    private void GiveBack(Job job)
    {
        GiveBackSlot(job);
        if (!job.IsUnderWay)
        {
            return;
        }
        job.IsUnderWay = false;
        _underWay--;
        Lower(job.Line.UnderWay);
    }

    private void GiveBackSlot(Job job)
    {
        if (!job.HoldsSlot)
        {
            return;
        }
        job.HoldsSlot = false;
        Lower(job.Line.Slot);
    }

    private void Lower(IReadOnlyList<JobNeed> needs)
    {
        foreach (var need in needs)
        {
            if (_held[need.Key] is > 1 and var held)
            {
                _held[need.Key] = held - 1;
            }
            else
            {
                _held.Remove(need.Key);
            }
        }
    }

    private async Task RunAsync(Job job)
    {
        Exception? failure = null;
        try
        {
            await job.Work(job);
        }
        catch (Exception e)
        {
            failure = e; // whoever put it in looks at it; the queue goes on
        }

        try
        {
            Remove(job);
        }
        finally
        {
            job.End(failure); // whoever waits for it must not wait for ever
        }
    }

    private void Tell(Job job)
    {
        try
        {
            Over?.Invoke(job);
        }
        catch (Exception e)
        {
            LogListenerFailed(e, job.Key); // a listener that fails must not keep the slots of others
        }
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Error, Message = "What follows the end of job {Key} failed")]
    private partial void LogListenerFailed(Exception exception, string key);
}
