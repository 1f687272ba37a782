using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Node.Backups;
using Holdfast.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Jobs;

/// <summary>
/// The queued and running operations of a node: backups, restores, verifications. Every operation ends, whatever its calls do: when
/// its work ends, when an operator aborts it, when it makes no progress for too long, or when the node stops, in which case backups
/// wait for the next start.
/// </summary>
public sealed partial class OperationQueue
{
    /// <summary>How long work may take to end after it was cancelled; then it is abandoned.</summary>
    public static readonly TimeSpan CancellationTimeout = TimeSpan.FromSeconds(4);

    /// <summary>How long a deletion waits for the backups of its task before it fails.</summary>
    public static readonly TimeSpan MaxExclusiveWait = TimeSpan.FromSeconds(30);

    private readonly OperationStore _operations;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly JobQueue _queue;
    private readonly InternalJobRunner _internalJobs;
    private readonly ILogger<OperationQueue> _logger;

    // Ensures that an operation is added only if no other has its key. Lock order: this lock, then the queue's, never the reverse.
    private readonly Lock _adding = new();

    /// <summary>Creates the queue.</summary>
    /// <param name="operations">Stores the operations.</param>
    /// <param name="sources">Says whether a source can be used yet.</param>
    /// <param name="settings">Limits and timeouts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Logs defects.</param>
    public OperationQueue(
        OperationStore operations,
        ISourceReadiness sources,
        NodeSettings settings,
        TimeProvider time,
        ILoggerFactory loggers
    )
    {
        (_operations, _settings, _time) = (operations, settings, time);
        _logger = loggers.CreateLogger<OperationQueue>();
        _queue = new(settings.Jobs, sources, loggers.CreateLogger<JobQueue>());
        _internalJobs = new(_queue, time);
        _queue.Released += job =>
        {
            if (job is OperationJob operation)
            {
                Subscribers.Notify(Ended, operation.Operation.Current);
            }
        };
    }

    /// <summary>Raised for each operation that has ended, when another one of its task may start. Must not block.</summary>
    public event Action<Operation>? Ended;

    /// <summary>Number of queued operations.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>Number of running operations.</summary>
    public int Running => _queue.Running;

    /// <summary>Queued and running backups.</summary>
    public (int Waiting, int Running) Backups
    {
        get
        {
            var backups = _queue.Jobs.Where(j => j.Lane is JobLane.Small or JobLane.Large).ToLookup(j => j.State == JobState.Waiting);
            return (backups[true].Count(), backups[false].Count());
        }
    }

    /// <summary>Number of queued and running operations of a lane.</summary>
    public int CountOf(JobLane lane) => _queue.Jobs.Count(j => j.Lane == lane);

    /// <summary>Running operations, the resources that they use, and how long each has made no progress.</summary>
    internal IEnumerable<OperationJob> InProgress => _queue.Jobs.OfType<OperationJob>().Where(j => j.State != JobState.Waiting);

    /// <summary>The queued or running backup of a task; null if there is none.</summary>
    public RunningOperation? Find(string taskId) => (_queue.Find(taskId) as OperationJob)?.Operation;

    /// <summary>Whether a backup or a deletion that holds the chains of a task is queued or running.</summary>
    /// <param name="key">The key of its backups: <see cref="BackupJob.KeyOf(string?, DatabaseId)"/>.</param>
    public bool IsLocked(string key) => _queue.IsLocked(key);

    /// <summary>
    /// Runs work on the chains of a task while no backup of it is queued or running: backups that were requested before end first,
    /// later ones wait. The work must read again whatever its decision depends on.
    /// </summary>
    /// <param name="key">The key of its backups: <see cref="BackupJob.KeyOf(string?, DatabaseId)"/>.</param>
    /// <param name="destinations">Names of the destinations that it uses.</param>
    /// <param name="work">The work; its token is cancelled by the caller and when the node stops.</param>
    /// <param name="cancellationToken">Cancels the wait and the work.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> if a backup is still running after <see
    /// cref="MaxExclusiveWait"/>, or the node stops; <see cref="ErrorCatalog.Interrupted"/> if it stops during the work; and any
    /// failure of the work.</exception>
    internal Task<T> RunExclusivelyAsync<T>(
        string key,
        IReadOnlyList<string> destinations,
        Func<CancellationToken, Task<T>> work,
        CancellationToken cancellationToken
    ) => _internalJobs.RunExclusivelyAsync(key, destinations, work, cancellationToken);

    /// <summary>Reads a database to compare it, as soon as its lane is free. It is not listed as an operation.</summary>
    /// <param name="database">The database.</param>
    /// <param name="work">The work; its token is cancelled by the caller and when the node stops.</param>
    /// <param name="cancellationToken">Cancels the wait and the work.</param>
    /// <exception cref="HoldfastException">As for <see cref="RunExclusivelyAsync"/>: it could not start, or the node stops; and any
    /// failure of the work.</exception>
    internal Task<T> CompareAsync<T>(DatabaseId database, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        _internalJobs.CompareAsync(database.Source, work, cancellationToken);

    /// <summary>Starts the jobs that can start now that a source is ready.</summary>
    public void Pump() => _queue.Pump();

    /// <summary>Queues an operation. If one with the same key is already queued or running, returns that one.</summary>
    /// <param name="work">The work of the operation.</param>
    /// <param name="askedBy">The requesting user; null for the schedule.</param>
    /// <param name="isNew">Whether the operation was added.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> while the node shuts down.</exception>
    internal RunningOperation Add(OperationWorkItem work, string? askedBy, out bool isNew) =>
        Add(work, askedBy, static () => true, out isNew)!;

    /// <summary>Queues a scheduled operation, unless it has been cancelled since it was found to be due.</summary>
    /// <param name="work">The work of the operation.</param>
    /// <param name="isDue">
    /// Whether it is still due. Called under the lock, so that nothing is added or cancelled meanwhile; must not call the queue.
    /// </param>
    /// <returns>Whether it is queued or running now.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> while the node shuts down.</exception>
    internal bool TryAddDue(OperationWorkItem work, Func<bool> isDue) => Add(work, null, isDue, out _) is not null;

    private RunningOperation? Add(OperationWorkItem work, string? askedBy, Func<bool> isWanted, out bool isNew)
    {
        while (true)
        {
            OperationJob present;
            lock (_adding)
            {
                isNew = false;
                if (_queue.Find(work.Key) is not OperationJob found)
                {
                    if (_queue.IsStopped)
                    {
                        throw InternalJobRunner.CreateShuttingDownException();
                    }
                    if (!isWanted())
                    {
                        return null;
                    }
                    isNew = true;
                    return Enqueue(work, work.CreateOperation(_operations, askedBy));
                }

                if (!found.Operation.HasEnded)
                {
                    return found.Operation;
                }
                present = found;
            }

            // It has ended and is about to be removed. Until then its key is taken, and an operation added now would wait forever.
            _queue.Remove(present);
        }
    }

    /// <summary>
    /// Records a due operation that is not queued yet as aborted, so that its slot is used up. A queued or running one is left
    /// alone.
    /// </summary>
    /// <returns>Whether it was recorded.</returns>
    internal bool TrySkip(OperationWorkItem work, string by)
    {
        RunningOperation operation;
        lock (_adding) // so that it is not queued before the status of its task says that the slot is used up
        {
            if (_queue.IsStopped || _queue.Find(work.Key) is not null)
            {
                return false;
            }
            operation = work.CreateOperation(_operations, null);
            operation.Write($"aborted by {by} before it started");
            operation.TryClaim();
            work.Terminate(operation, StopReason.Aborted);
        }

        Subscribers.Notify(Ended, operation.Current);
        operation.Dispose();
        return true;
    }

    /// <summary>Resumes an operation that was queued when the node stopped.</summary>
    internal void Resume(OperationWorkItem work, Operation stored)
    {
        lock (_adding)
        {
            if (Find(work.Key) is null)
            {
                Enqueue(work, _operations.Resume(stored));
            }
        }
    }

    /// <summary>
    /// Ends operations that do not end after an abort, and those that have made no progress for too long. Called every few seconds.
    /// </summary>
    internal async Task EndStalledAsync()
    {
        var interrupting = new List<Task>(); // concurrently: each may take a second if a call hangs, and there can be hundreds
        foreach (var job in InProgress.ToList())
        {
            var isStalled = job.WorkItem.CanTimeOut && job.Operation.TimeWithoutProgress > 2 * _settings.NoProgressThreshold;
            if (isStalled)
            {
                // The order matters: an operation that ends by cancellation counts as interrupted by the node's stop and waits for
                // the next start.
                Terminate(job, StopReason.Stalled);
                interrupting.Add(job.Operation.InterruptAsync());
            }
            else if (job.AbortedAt is { } at && _time.GetElapsedTime(at) > CancellationTimeout)
            {
                Terminate(job, StopReason.Aborted);
            }
        }

        await Task.WhenAll(interrupting);
    }

    /// <summary>
    /// Stops starting operations, gives the running ones the grace time, then interrupts them; returns when all have ended. Queued
    /// ones stay queued.
    /// </summary>
    internal async Task StopAsync()
    {
        List<Job> all;
        lock (_adding)
        {
            all = [.. _queue.Stop()];
        }
        foreach (var waiting in _queue.Jobs.OfType<InternalJob>())
        {
            _queue.Withdraw(waiting); // its callers are notified
        }
        var running = all.OfType<OperationJob>().ToList();
        var alone = all.OfType<InternalJob>().ToList();
        var ended = Task.WhenAll([.. running.Select(j => j.Operation.Completion), .. alone.Select(j => j.Completion)]);
        await Task.WhenAny(ended, Task.Delay(_settings.ShutdownGrace, _time));
        await Task.WhenAll([.. running.Select(j => j.Operation.InterruptAsync()), .. alone.Select(InternalJobRunner.InterruptAsync)]);
        await Task.WhenAny(ended, Task.Delay(CancellationTimeout, _time));
        // Each operation ends now. A subscriber to its end that hangs or fails must not delay the process or the other operations.
        var last = Task.WhenAll(running.Select(j => Task.Run(() => Terminate(j, StopReason.NodeShutdown))));
        await Task.WhenAny(Task.WhenAll(ended, last), Task.Delay(CancellationTimeout, TimeProvider.System));
    }

    private void Terminate(OperationJob job, StopReason reason)
    {
        if (job.Operation.TryClaim())
        {
            TerminateClaimed(job, reason);
        }
    }

    // Never throws, so that the following operations end, too.
    private void TerminateClaimed(OperationJob job, StopReason reason)
    {
        try
        {
            job.WorkItem.Terminate(job.Operation, reason);
        }
        catch (Exception e)
        {
            LogNotEnded(e, job.Operation.Id);
        }
    }

    private RunningOperation Enqueue(OperationWorkItem work, RunningOperation operation)
    {
        var job = new OperationJob
        {
            Key = work.Key,
            ExclusiveKey = work.ExclusiveKey,
            Lane = work.Lane,
            Group = work.Group,
            Source = work.Source,
            Destinations = work.Destinations,
            Operation = operation,
            WorkItem = work,
            Work = j => RunAsync((OperationJob)j),
        };
        operation.OnAborted = () => OnAborted(job);
        operation.OnEnded = () => _queue.Remove(job);
        _queue.Add(job);
        return operation;
    }

    // A queued operation has ended when this returns. The slot of a running one is released at once, even if one of its calls
    // hangs.
    private void OnAborted(OperationJob job)
    {
        if (job.Operation.TryClaim(onlyWaiting: true))
        {
            TerminateClaimed(job, StopReason.Aborted);
            return;
        }

        job.AbortedAt = _time.GetTimestamp();
        _queue.Release(job);
    }

    private async Task RunAsync(OperationJob job)
    {
        var operation = job.Operation;
        try
        {
            if (operation.TryBegin())
            {
                await job.WorkItem.RunAsync(operation, () => _queue.BeginPublishing(job));
            }
        }
        catch (Exception e)
        {
            // The work ends its operation in any case; an exception here is a defect, and must not leave the operation running
            // forever.
            LogNotEnded(e, operation.Id);
            if (operation.TryClaim())
            {
                operation.End(
                    OperationState.Failed,
                    null,
                    UnexpectedFailure.Wrap($"The {operation.Current.Kind} of '{operation.Current.Subject}'", e)
                );
            }
        }

        operation.Dispose(); // nothing refers to it any more
    }

    [LoggerMessage(EventId = 5302, Level = LogLevel.Error, Message = "Operation {Operation} did not end cleanly")]
    private partial void LogNotEnded(Exception exception, string operation);
}
