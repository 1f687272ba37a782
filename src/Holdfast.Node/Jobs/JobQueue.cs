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
    private readonly ISourceReadiness? _sources;
    private readonly ILogger _logger;

    // Everything below it, and the state of jobs. Nothing is called out while it is held, except ISourceReadiness.IsReady.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Job> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RoundRobinGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JobSubqueue> _subqueues = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _usage = new(StringComparer.Ordinal);

    // What is held by one job alone, and the jobs that wait behind that one: null for none, as nearly always.
    private readonly Dictionary<string, Queue<Job>?> _exclusiveWaiters = new(StringComparer.Ordinal);
    private long _number;
    private long _servedCount;
    private int _waiting;
    private int _inProgress;
    private bool _isStopped;

    /// <summary>Makes it.</summary>
    /// <param name="limits">How many jobs run at once.</param>
    /// <param name="sources">Whether a source can be used yet; jobs wait while it cannot. Null if every source can be used.</param>
    /// <param name="logger">Takes what must not happen.</param>
    public JobQueue(JobLimits limits, ISourceReadiness? sources = null, ILogger<JobQueue>? logger = null) =>
        (_limits, _sources, _logger) = (limits, sources, logger ?? NullLogger<JobQueue>.Instance);

    /// <summary>Told of each job that holds nothing any more: another with its key may begin. Must not block.</summary>
    public event Action<Job>? Released;

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
                return _inProgress;
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

    /// <summary>Whether any job holds this for itself alone: <see cref="Job.ExclusiveKey"/>.</summary>
    public bool IsLocked(string exclusive)
    {
        lock (_gate)
        {
            return _exclusiveWaiters.ContainsKey(exclusive);
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
            job.Sequence = ++_number;
            if (!_groups.TryGetValue(job.Group, out var group))
            {
                _groups.Add(job.Group, group = new() { LastServed = ++_servedCount });
            }
            group.Waiting++;
            _waiting++;
            if (TryAcquireExclusiveKey(job))
            {
                EnqueueReady(job);
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
                Start(next.Job, next.Turn);
                begun.Add(next.Job);
            }
        }

        foreach (var job in begun)
        {
            _ = Task.Run(() => RunAsync(job)); // it catches everything
        }
    }

    /// <summary>A job has read what it had to read, and only publishing is left: its slot is another's. Once; then nothing.</summary>
    public void BeginPublishing(Job job)
    {
        lock (_gate)
        {
            if (!job.HasSlot)
            {
                return;
            }
            ReleaseSlot(job);
            job.State = JobState.Publishing;
        }

        Pump();
    }

    /// <summary>
    /// Gives back all that a job holds, though it may still run: a call of it may hang. Its key stays taken until
    /// <see cref="Remove"/>. Nothing for one that waits.
    /// </summary>
    public void Release(Job job)
    {
        lock (_gate)
        {
            ReleaseResources(job);
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
            if (job.State == JobState.Released || (onlyWaiting && job.State != JobState.Waiting))
            {
                return false;
            }
            waited = job.State == JobState.Waiting;
            if (waited)
            {
                Dequeue(job);
            }
            ReleaseResources(job);
            job.State = JobState.Released;
            _keys.Remove(job.Key);
            HandOverExclusiveKey(job);
        }

        if (waited)
        {
            job.Complete(null);
        }
        NotifyReleased(job);
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

    private bool TryAcquireExclusiveKey(Job job)
    {
        if (job.ExclusiveKey is not { } exclusive)
        {
            return true;
        }
        if (!_exclusiveWaiters.TryGetValue(exclusive, out var behind))
        {
            _exclusiveWaiters.Add(exclusive, null);
            return job.HasExclusiveKey = true;
        }

        if (behind is null)
        {
            _exclusiveWaiters[exclusive] = behind = new();
        }
        behind.Enqueue(job);
        return false;
    }

    // What a job held alone goes to the next that waits for it.
    private void HandOverExclusiveKey(Job job)
    {
        if (!job.HasExclusiveKey)
        {
            return;
        }
        job.HasExclusiveKey = false;
        var behind = _exclusiveWaiters[job.ExclusiveKey!];
        while (behind is not null && behind.TryDequeue(out var next))
        {
            if (next.State != JobState.Waiting)
            {
                continue; // it was taken out
            }
            next.HasExclusiveKey = true;
            EnqueueReady(next);
            return;
        }

        _exclusiveWaiters.Remove(job.ExclusiveKey!);
    }

    private void EnqueueReady(Job job)
    {
        job.Subqueue = SubqueueOf(job);
        job.Subqueue.Add(job, _groups[job.Group]);
    }

    private JobSubqueue SubqueueOf(Job job)
    {
        // Names of sources and destinations hold no spaces.
        var key = $"{job.Lane} {job.Source} {string.Join(' ', job.Destinations)}";
        if (!_subqueues.TryGetValue(key, out var line))
        {
            _subqueues.Add(key, line = new(job.Source, [.. SlotLimitsOf(job)], [.. InProgressLimitsOf(job)]));
        }
        return line;
    }

    private IEnumerable<ResourceLimit> SlotLimitsOf(Job job)
    {
        var slots = _limits.SlotsOf(job.Lane);
        yield return new($"{job.Lane}", _limits.TotalSlotsOf(job.Lane));
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

    private IEnumerable<ResourceLimit> InProgressLimitsOf(Job job) =>
        job
            .Destinations.Select(d => new ResourceLimit($"under way {d}", _limits.InProgress))
            .Append(new("under way", 2 * _limits.InProgress));

    // Of all lines that can begin one, that whose group has waited longest for its turn.
    private (Job Job, RoundRobinGroup Turn)? Next()
    {
        (Job Job, RoundRobinGroup Turn)? best = null;
        List<string>? empty = null;
        foreach (var (key, line) in _subqueues)
        {
            if (!CanStart(line))
            {
                continue;
            }
            if (line.Peek() is not { } next)
            {
                (empty ??= []).Add(key);
            }
            else if (
                best is not { } known
                || (next.Turn.LastServed, next.Job.Sequence).CompareTo((known.Turn.LastServed, known.Job.Sequence)) < 0
            )
            {
                best = next;
            }
        }

        foreach (var key in empty ?? [])
        {
            _subqueues.Remove(key);
        }
        return best;
    }

    private bool CanStart(JobSubqueue line) =>
        HasCapacity(line.SlotLimits)
        && HasCapacity(line.InProgressLimits)
        && (line.Source is null || _sources?.IsReady(line.Source) != false);

    private bool HasCapacity(IReadOnlyList<ResourceLimit> needs)
    {
        for (var i = 0; i < needs.Count; i++)
        {
            if (_usage.GetValueOrDefault(needs[i].Key) >= needs[i].Limit)
            {
                return false;
            }
        }

        return true;
    }

    private void Start(Job job, RoundRobinGroup turn)
    {
        Dequeue(job);
        turn.LastServed = ++_servedCount;
        job.State = JobState.Running;
        (job.HasSlot, job.IsInProgress) = (true, true);
        _inProgress++;
        foreach (var need in job.Subqueue.SlotLimits.Concat(job.Subqueue.InProgressLimits))
        {
            _usage[need.Key] = _usage.GetValueOrDefault(need.Key) + 1;
        }
    }

    private void Dequeue(Job job)
    {
        _waiting--;
        if (--_groups[job.Group].Waiting == 0)
        {
            _groups.Remove(job.Group);
        }
    }

    private void ReleaseResources(Job job)
    {
        ReleaseSlot(job);
        if (!job.IsInProgress)
        {
            return;
        }
        job.IsInProgress = false;
        _inProgress--;
        DecrementUsage(job.Subqueue.InProgressLimits);
    }

    private void ReleaseSlot(Job job)
    {
        if (!job.HasSlot)
        {
            return;
        }
        job.HasSlot = false;
        DecrementUsage(job.Subqueue.SlotLimits);
    }

    private void DecrementUsage(IReadOnlyList<ResourceLimit> needs)
    {
        foreach (var need in needs)
        {
            if (_usage[need.Key] is > 1 and var held)
            {
                _usage[need.Key] = held - 1;
            }
            else
            {
                _usage.Remove(need.Key);
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
            job.Complete(failure); // whoever waits for it must not wait for ever
        }
    }

    private void NotifyReleased(Job job)
    {
        try
        {
            Released?.Invoke(job);
        }
        catch (Exception e)
        {
            LogListenerFailed(e, job.Key); // a listener that fails must not keep the slots of others
        }
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Error, Message = "What follows the end of job {Key} failed")]
    private partial void LogListenerFailed(Exception exception, string key);
}
