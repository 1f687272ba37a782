using System.Runtime.ExceptionServices;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Jobs;

/// <summary>Runs work in the queue that is not an operation, and returns its result to the caller.</summary>
/// <param name="queue">The queue.</param>
/// <param name="time">The clock.</param>
internal sealed class InternalJobRunner(JobQueue queue, TimeProvider time)
{
    /// <inheritdoc cref="OperationQueue.RunExclusivelyAsync"/>
    public Task<T> RunExclusivelyAsync<T>(
        string key,
        IReadOnlyList<string> destinations,
        Func<CancellationToken, Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
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

    /// <inheritdoc cref="OperationQueue.CompareAsync"/>
    public Task<T> CompareAsync<T>(string source, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(
            (stop, run) =>
                new()
                {
                    Key = $"comparison {Guid.NewGuid():n}",
                    Lane = JobLane.Compare,
                    Group = "comparisons",
                    Source = source,
                    Cancellation = stop,
                    Work = run,
                },
            work,
            cancellationToken
        );

    /// <summary>Cancels a job. Waits at most <see cref="OperationQueue.CancellationTimeout"/> for callbacks of its token.</summary>
    public static Task InterruptAsync(InternalJob job)
    {
        try
        {
            return job.Completion.IsCompleted
                ? Task.CompletedTask
                : job
                    .Cancellation.CancelAsync()
                    .WaitAsync(OperationQueue.CancellationTimeout)
                    .ContinueWith(_ => { }, TaskScheduler.Default);
        }
        catch (ObjectDisposedException)
        {
            // It has just ended, and its caller has disposed the cancellation source.
            return Task.CompletedTask;
        }
    }

    /// <summary>The error of a request that comes while the node shuts down.</summary>
    public static HoldfastException CreateShuttingDownException() =>
        new(ErrorCatalog.NotAllowed, "The server is shutting down.", "Retry after it has restarted.");

    private async Task<T> RunAsync<T>(
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
        if (queue.Add(job) is null)
        {
            throw CreateShuttingDownException();
        }
        await WaitForStartAsync(job, cancellationToken);
        await job.Completion;
        if (job.Failure is OperationCanceledException e && stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HoldfastException(
                ErrorCatalog.Interrupted,
                "The server stopped while this ran.",
                "What has been deleted stays deleted. Please retry.",
                e
            );
        }
        if (job.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        return result;
    }

    // Returns when the work has started; if this throws, it has not started and never will.
    private async Task WaitForStartAsync(InternalJob job, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(job.Started, job.Completion).WaitAsync(OperationQueue.MaxExclusiveWait, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (queue.Withdraw(job))
            {
                throw;
            }
            return; // it has just started and will be cancelled by its token
        }
        catch (TimeoutException e)
        {
            var why =
                job.ExclusiveKey is null ? "other jobs read the same source"
                : job.HasExclusiveKey ? "other chains are being deleted or repaired at the same destination"
                : "a backup writes to the same chains";
            if (!queue.Withdraw(job))
            {
                return; // it has just started
            }
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"It could not start within {OperationQueue.MaxExclusiveWait.TotalSeconds:0} s: {why}.",
                "Retry when that has ended.",
                e
            );
        }

        if (!job.Started.IsCompleted)
        {
            throw CreateShuttingDownException();
        }
    }
}
