using System.Runtime.ExceptionServices;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Node.Backups;
using Holdfast.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Jobs;

/// <summary>
/// The operations of a node that wait and run: backups, restores, verifications. Whatever their calls do, each ends:
/// when its work ends, when an operator
/// aborts it, when it has not moved for too long, or when the node stops; then backups wait for its next start.
/// </summary>
public sealed partial class OperationQueue
{
    /// <summary>How long work may take to end once it was cancelled; then it is left behind.</summary>
    public static readonly TimeSpan CancellationTimeout = TimeSpan.FromSeconds(4);

    /// <summary>How long a deletion waits for the backups of its task before whoever asked is told to come again.</summary>
    public static readonly TimeSpan MaxExclusiveWait = TimeSpan.FromSeconds(30);

    private readonly OperationStore _operations;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly JobQueue _queue;
    private readonly ILogger<OperationQueue> _logger;

    // That an operation is entered only if no other with its key is there. The queue is called while it is held, never the other way round.
    private readonly Lock _adding = new();

    /// <summary>Makes it.</summary>
    /// <param name="operations">Where each becomes an operation.</param>
    /// <param name="sources">Whether a source can be used yet.</param>
    /// <param name="settings">Limits and times.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For what must not happen.</param>
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
        _queue.Released += job =>
        {
            if (job is OperationJob operation)
            {
                Subscribers.Notify(Ended, operation.Operation.Current);
            }
        };
    }

    /// <summary>Told of each operation that has ended, when another of its task may begin. Must not block.</summary>
    public event Action<Operation>? Ended;

    /// <summary>How many wait.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>How many run.</summary>
    public int Running => _queue.Running;

    /// <summary>Backups that wait, and those that are under way.</summary>
    public (int Waiting, int Running) Backups
    {
        get
        {
            var backups = _queue.Jobs.Where(j => j.Lane is JobLane.Small or JobLane.Large).ToLookup(j => j.State == JobState.Waiting);
            return (backups[true].Count(), backups[false].Count());
        }
    }

    /// <summary>Operations that run, what they need, and how long each has not moved.</summary>
    internal IEnumerable<OperationJob> InProgress => _queue.Jobs.OfType<OperationJob>().Where(j => j.State != JobState.Waiting);

    /// <summary>The backup of a task that waits or runs; null where none does.</summary>
    public RunningOperation? Find(string taskId) => (_queue.Find(taskId) as OperationJob)?.Operation;

    /// <summary>Whether anything waits or runs that holds the chains of a task: a backup of it, or a deletion.</summary>
    /// <param name="key">The key of its backups: <see cref="BackupJob.KeyOf(string?, DatabaseId)"/>.</param>
    public bool IsLocked(string key) => _queue.IsLocked(key);

    /// <summary>
    /// Does something to the chains of a task while no backup of it waits or runs: those that were asked for before end
    /// first, those that come meanwhile
    /// wait. What is decided on must be looked at in it.
    /// </summary>
    /// <param name="key">The key of its backups: <see cref="BackupJob.KeyOf(string?, DatabaseId)"/>.</param>
    /// <param name="destinations">Names of the destinations that it works at.</param>
    /// <param name="work">The work; its token is cancelled by the caller's and by the node's stop.</param>
    /// <param name="cancellationToken">Ends the waiting, and the work.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotAllowed"/> where a backup still runs after <see cref="MaxExclusiveWait"/>, or the node
    /// stops; <see cref="ErrorCatalogue.Interrupted"/>
    /// where it stops in the middle; and what the work throws.
    /// </exception>
    internal Task<T> RunExclusivelyAsync<T>(
        string key,
        IReadOnlyList<string> destinations,
        Func<CancellationToken, Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        RunInternalAsync(
            (stop, run) =>
                new()
                {
                    Key = $"removal {Guid.NewGuid():n}",
                    ExclusiveKey = key,
                    Lane = JobLane.Removal,
                    Group = "removals",
                    Destinations = [.. destinations.Distinct(StringComparer.Ordinal)],
                    Cancellation = stop,
                    Work = run,
                },
            work,
            cancellationToken
        );

    /// <summary>Reads a database to compare it, when it is the turn of that. Nothing of it is among the operations.</summary>
    /// <param name="database">The database.</param>
    /// <param name="work">The work; its token is cancelled by the caller's and by the node's stop.</param>
    /// <param name="cancellationToken">Ends the waiting, and the work.</param>
    /// <exception cref="HoldfastException">
    /// As <see cref="RunExclusivelyAsync"/>: it could not begin, or the node stops; and what the work throws.
    /// </exception>
    internal Task<T> CompareAsync<T>(DatabaseId database, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunInternalAsync(
            (stop, run) =>
                new()
                {
                    Key = $"comparison {Guid.NewGuid():n}",
                    Lane = JobLane.Compare,
                    Group = "comparisons",
                    Source = database.Source,
                    Cancellation = stop,
                    Work = run,
                },
            work,
            cancellationToken
        );

    private async Task<T> RunInternalAsync<T>(
        Func<CancellationTokenSource, Func<Job, Task>, InternalJob> make,
        Func<CancellationToken, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        T result = default!;
        var job = make(stop, async j =>
        {
            ((InternalJob)j).MarkStarted();
            result = await work(stop.Token);
        });
        if (_queue.Add(job) is null)
        {
            throw CreateShuttingDownException();
        }
        await WaitForStartAsync(job, cancellationToken);
        await job.Completion;
        if (job.Failure is OperationCanceledException e && stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HoldfastException(
                ErrorCatalogue.Interrupted,
                "The server stopped while this ran.",
                "What was deleted by then stays so. Ask for it again.",
                e
            );
        }
        if (job.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        return result;
    }

    /// <summary>Looks for what can begin now that a source can be used.</summary>
    public void Pump() => _queue.Pump();

    /// <summary>Puts an operation in line. One with the same key that waits or runs already is that one.</summary>
    /// <param name="work">What it does.</param>
    /// <param name="askedBy">Who asked; null for the schedule.</param>
    /// <param name="isNew">Whether it was not there before.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> while the node shuts down.</exception>
    internal RunningOperation Add(OperationWorkItem work, string? askedBy, out bool isNew) =>
        Add(work, askedBy, static () => true, out isNew)!;

    /// <summary>Puts an operation of the schedule in line, unless it has been given up since it was found to be due.</summary>
    /// <param name="work">What it does.</param>
    /// <param name="isDue">
    /// Whether it is due still. Asked while nothing else can come into line, and nothing be given up; must not call the
    /// queue.
    /// </param>
    /// <returns>Whether it waits or runs now.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> while the node shuts down.</exception>
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
                        throw CreateShuttingDownException();
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

            // It has ended, and is just about to be taken out. Until it is, its key is taken, and another that were put
            // in now would wait for ever.
            _queue.Remove(present);
        }
    }

    /// <summary>
    /// Ends what is due and is not in line yet as aborted, so that its slot is used up. One that waits or runs is left
    /// alone.
    /// </summary>
    /// <returns>Whether it was ended.</returns>
    internal bool TrySkip(OperationWorkItem work, string by)
    {
        RunningOperation operation;
        lock (_adding) // so that it does not come into line before its task's status says that the slot is used
        {
            if (_queue.IsStopped || _queue.Find(work.Key) is not null)
            {
                return false;
            }
            operation = work.CreateOperation(_operations, null);
            operation.Write($"aborted by {by} before it began");
            operation.TryClaim();
            work.Terminate(operation, StopReason.Aborted);
        }

        Subscribers.Notify(Ended, operation.Current);
        operation.Dispose();
        return true;
    }

    /// <summary>Takes up an operation that waited when the node stopped.</summary>
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

    /// <summary>Ends what was aborted and does not end, and what has not moved for too long. Called every few seconds.</summary>
    internal async Task EndStalledAsync()
    {
        var interrupting = new List<Task>(); // side by side: each may take a second where a call hangs, and there can be hundreds
        foreach (var job in InProgress.ToList())
        {
            var isStalled = job.WorkItem.CanTimeOut && job.Operation.TimeWithoutProgress > 2 * _settings.NoProgressThreshold;
            if (isStalled)
            {
                // In this order: one that ends by being cancelled is taken for one that the node's stop cut off, and
                // waits for its next start.
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
    /// Begins no more, gives the running ones the grace time, then interrupts them; returns when all have ended. Those
    /// that wait go on waiting.
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
            _queue.Withdraw(waiting); // whoever waits for it is told
        }
        var running = all.OfType<OperationJob>().ToList();
        var alone = all.OfType<InternalJob>().ToList();
        var ended = Task.WhenAll([.. running.Select(j => j.Operation.Completion), .. alone.Select(j => j.Completion)]);
        await Task.WhenAny(ended, Task.Delay(_settings.ShutdownGrace, _time));
        await Task.WhenAll([.. running.Select(j => j.Operation.InterruptAsync()), .. alone.Select(InterruptAsync)]);
        await Task.WhenAny(ended, Task.Delay(CancellationTimeout, _time));
        // Each operation ends now. What is told of its end may hang or fail: nothing of that may keep the process, or the others.
        var last = Task.WhenAll(running.Select(j => Task.Run(() => Terminate(j, StopReason.NodeShutdown))));
        await Task.WhenAny(Task.WhenAll(ended, last), Task.Delay(CancellationTimeout, TimeProvider.System));
    }

    // It may have ended, and its source of cancellation with it.
    private static Task InterruptAsync(InternalJob job)
    {
        try
        {
            return job.Completion.IsCompleted
                ? Task.CompletedTask
                : job.Cancellation.CancelAsync().WaitAsync(CancellationTimeout).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        catch (ObjectDisposedException)
        {
            return Task.CompletedTask;
        }
    }

    private static HoldfastException CreateShuttingDownException() =>
        new(ErrorCatalogue.NotAllowed, "The server is shutting down.", "Ask again when it is up.");

    // Returns when its work has begun; it has not, and never will, where this throws.
    private async Task WaitForStartAsync(InternalJob job, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(job.Started, job.Completion).WaitAsync(MaxExclusiveWait, _time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (_queue.Withdraw(job))
            {
                throw;
            }
            return; // it has just begun, and hears of it itself
        }
        catch (TimeoutException e)
        {
            var why =
                job.ExclusiveKey is null ? "other jobs read the same source"
                : job.HasExclusiveKey ? "other chains are being deleted or healed at the same destination"
                : "a backup writes to the same chains";
            if (!_queue.Withdraw(job))
            {
                return; // it has just begun
            }
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"It could not begin within {MaxExclusiveWait.TotalSeconds:0} s: {why}.",
                "Ask again when that has ended.",
                e
            );
        }

        if (!job.Started.IsCompleted)
        {
            throw CreateShuttingDownException();
        }
    }

    private void Terminate(OperationJob job, StopReason reason)
    {
        if (job.Operation.TryClaim())
        {
            TerminateClaimed(job, reason);
        }
    }

    // Never throws: those after it are ended too.
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

    // One that waits has ended when this returns. The slot of one that runs is another's at once, even if a call of it hangs.
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
            // It ends its operation whatever happens; what gets here is a defect, and must not leave it running for ever.
            LogNotEnded(e, operation.Id);
            if (operation.TryClaim())
            {
                operation.End(
                    OperationState.Failed,
                    null,
                    UnexpectedFailure.Wrap($"The {operation.Current.Kind} of '{operation.Current.Database}'", e)
                );
            }
        }

        operation.Dispose(); // nothing of it is left, however late
    }

    [LoggerMessage(EventId = 5302, Level = LogLevel.Error, Message = "Operation {Operation} did not end in order")]
    private partial void LogNotEnded(Exception exception, string operation);
}
