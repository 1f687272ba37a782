using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Jobs;

/// <summary>
/// The queue of all long-running work. A job starts when its lane has a free slot and its source and destinations are below their
/// limits; a job that cannot start does not delay others that can. Among those that can, the groups of a lane take turns.
/// </summary>
public sealed partial class JobQueue
{
    private readonly ISourceReadiness? _sources;
    private readonly ILogger _logger;

    // Guards all fields below and the state of jobs. Nothing is called while it is held, except ISourceReadiness.IsReady.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Job> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RoundRobinGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JobSubqueue> _subqueues = new(StringComparer.Ordinal);
    private readonly ResourceUsage _usage;
    private readonly ExclusiveKeys _exclusiveKeys = new();
    private long _number;
    private long _servedCount;
    private int _waiting;
    private int _inProgress;
    private bool _isStopped;

    /// <summary>Creates the queue.</summary>
    /// <param name="limits">How many jobs run at once.</param>
    /// <param name="sources">
    /// Says whether a source can be used yet; jobs wait until it can. Null if every source can be used.
    /// </param>
    /// <param name="logger">Logs defects.</param>
    public JobQueue(JobLimits limits, ISourceReadiness? sources = null, ILogger<JobQueue>? logger = null) =>
        (_usage, _sources, _logger) = (new(limits), sources, logger ?? NullLogger<JobQueue>.Instance);

    /// <summary>Raised for each job that has released everything: another one with its key may start. Must not block.</summary>
    public event Action<Job>? Released;

    /// <summary>Number of queued jobs.</summary>
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

    /// <summary>Number of jobs in progress, including those that are being published.</summary>
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

    /// <summary>Whether the queue no longer starts jobs.</summary>
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

    /// <summary>All queued and running jobs, in no particular order.</summary>
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

    /// <summary>The queued or running job with a key; null if there is none.</summary>
    public Job? Find(string key)
    {
        lock (_gate)
        {
            return _keys.GetValueOrDefault(key);
        }
    }

    /// <summary>Whether a job holds this exclusive key: <see cref="Job.ExclusiveKey"/>.</summary>
    public bool IsLocked(string exclusive)
    {
        lock (_gate)
        {
            return _exclusiveKeys.IsHeld(exclusive);
        }
    }

    /// <summary>Adds a job, unless one with its key is already queued or running.</summary>
    /// <param name="job">The job; to be used once.</param>
    /// <returns>The job with that key: this one, or the existing one. Null if the queue was stopped.</returns>
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
            if (_exclusiveKeys.TryAcquire(job))
            {
                EnqueueReady(job);
            }
        }

        Pump();
        return job;
    }

    /// <summary>Starts all jobs that can start. Called by the queue itself, and when a source has become ready.</summary>
    public void Pump()
    {
        var started = new List<Job>();
        lock (_gate)
        {
            while (!_isStopped && Next() is { } next)
            {
                Start(next.Job, next.Turn);
                started.Add(next.Job);
            }
        }

        foreach (var job in started)
        {
            _ = Task.Run(() => RunAsync(job)); // it catches everything
        }
    }

    /// <summary>Releases the slot of a job that only has to publish. Further calls do nothing.</summary>
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
    /// Releases everything that a job holds although it may still run, because one of its calls may hang. Its key stays taken until
    /// <see cref="Remove"/>. Does nothing for a queued job.
    /// </summary>
    public void Release(Job job)
    {
        lock (_gate)
        {
            ReleaseResources(job);
        }
        Pump();
    }

    /// <summary>Removes a job that has not started; does nothing if it has.</summary>
    /// <returns>Whether it had not started, and never will.</returns>
    public bool Withdraw(Job job) => RemoveIf(job, onlyWaiting: true);

    /// <summary>Removes a job for good, whether it is queued, runs or hangs: its key is free.</summary>
    /// <returns>Whether it had not started, and never will.</returns>
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
            if (_exclusiveKeys.HandOver(job) is { } next)
            {
                EnqueueReady(next);
            }
        }

        if (waited)
        {
            job.Complete(null);
        }
        NotifyReleased(job);
        Pump();
        return waited;
    }

    /// <summary>Stops starting and accepting jobs.</summary>
    /// <returns>The jobs that have started and are not released.</returns>
    public IReadOnlyList<Job> Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            return [.. _keys.Values.Where(j => j.State != JobState.Waiting)];
        }
    }

    private void EnqueueReady(Job job)
    {
        job.Subqueue = SubqueueOf(job);
        job.Subqueue.Add(job, _groups[job.Group]);
    }

    private JobSubqueue SubqueueOf(Job job)
    {
        // Names of sources and destinations contain no spaces.
        var key = $"{job.Lane} {job.Source} {string.Join(' ', job.Destinations)}";
        if (!_subqueues.TryGetValue(key, out var subqueue))
        {
            _subqueues.Add(key, subqueue = new(job.Source, _usage.SlotLimitsOf(job), _usage.InProgressLimitsOf(job)));
        }
        return subqueue;
    }

    // Of all subqueues that can start a job, the one whose group has waited longest for its turn.
    private (Job Job, RoundRobinGroup Turn)? Next()
    {
        (Job Job, RoundRobinGroup Turn)? best = null;
        List<string>? empty = null;
        foreach (var (key, subqueue) in _subqueues)
        {
            if (!CanStart(subqueue))
            {
                continue;
            }
            if (subqueue.Peek() is not { } next)
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

    private bool CanStart(JobSubqueue subqueue) =>
        _usage.HasCapacity(subqueue.SlotLimits)
        && _usage.HasCapacity(subqueue.InProgressLimits)
        && (subqueue.Source is null || _sources?.IsReady(subqueue.Source) != false);

    private void Start(Job job, RoundRobinGroup turn)
    {
        Dequeue(job);
        turn.LastServed = ++_servedCount;
        job.State = JobState.Running;
        (job.HasSlot, job.IsInProgress) = (true, true);
        _inProgress++;
        _usage.Add(job.Subqueue.SlotLimits);
        _usage.Add(job.Subqueue.InProgressLimits);
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
        _usage.Remove(job.Subqueue.InProgressLimits);
    }

    private void ReleaseSlot(Job job)
    {
        if (!job.HasSlot)
        {
            return;
        }
        job.HasSlot = false;
        _usage.Remove(job.Subqueue.SlotLimits);
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
            failure = e; // the caller checks Failure; the queue continues
        }

        try
        {
            Remove(job);
        }
        finally
        {
            job.Complete(failure); // otherwise its callers would wait forever
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
            LogListenerFailed(e, job.Key); // a failing subscriber must not keep the slots of others
        }
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Error, Message = "A subscriber to the end of job {Key} failed")]
    private partial void LogListenerFailed(Exception exception, string key);
}
