using Holdfast.Core.Errors;
using Holdfast.Core.Events;

namespace Holdfast.Destinations.Limits;

/// <summary>
/// Runs the calls of one destination so that none blocks its caller: a call that times out or is cancelled is abandoned, and may return at
/// any later time. All exceptions of a call reach the caller as a <see cref="HoldfastException"/>, or as an
/// <see cref="OperationCanceledException"/> of its own token. Holds no lock during a call.
/// </summary>
/// <param name="name">The destination, for errors.</param>
/// <param name="limits">Time limits, and the maximum number of hung calls.</param>
/// <param name="time">The clock.</param>
public sealed class CallGuard(string name, DestinationLimits limits, TimeProvider time)
{
    private int _hungCalls;

    /// <summary>
    /// Raised when a call found another identity than the one that was defined, on the caller's thread and before its exception. Must not
    /// block.
    /// </summary>
    public event Action<HoldfastException>? IdentityFailed;

    /// <summary>Time limits, and the maximum number of hung calls.</summary>
    public DestinationLimits Limits => limits;

    /// <summary>Number of abandoned calls that have not returned.</summary>
    public int HungCalls => Volatile.Read(ref _hungCalls);

    /// <summary>
    /// Returns a value that changes while the destination transfers anything; always null, the default, if that is unknown. See <see
    /// cref="TransferAsync"/>.
    /// </summary>
    public Func<object?> Progress { get; set; } = static () => null;

    /// <summary>Runs a call on a thread pool thread, which it may block.</summary>
    /// <param name="action">What the call does, for error messages: <c>listing</c>.</param>
    /// <param name="timeout">Time limit of the call.</param>
    /// <param name="call">The call. Its token is cancelled when the caller gives up.</param>
    /// <param name="cancellationToken">Releases the caller, whether or not the call reacts.</param>
    /// <exception cref="HoldfastException">The failure, of a kind that a destination may throw.</exception>
    public Task<T> RunAsync<T>(
        string action,
        TimeSpan timeout,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    ) => RunAsync(action, timeout, call, isTransfer: false, cancellationToken);

    /// <summary>
    /// Runs a call that transfers as much as it takes, over a link that may be slow or limited: the time limit begins again as long as the
    /// destination makes <see cref="Progress"/>, with this call or another one.
    /// </summary>
    /// <inheritdoc cref="RunAsync{T}(string, TimeSpan, Func{CancellationToken, Task{T}}, CancellationToken)"/>
    public Task<T> TransferAsync<T>(
        string action,
        TimeSpan timeout,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    ) => RunAsync(action, timeout, call, isTransfer: true, cancellationToken);

    private async Task<T> RunAsync<T>(
        string action,
        TimeSpan timeout,
        Func<CancellationToken, Task<T>> call,
        bool isTransfer,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (HungCalls >= limits.MaxHungCalls)
        {
            throw Failure($"does not respond: {HungCalls} calls hang");
        }
        var stop = isTransfer ? new CancellationTokenSource() : new CancellationTokenSource(timeout, time);
        var deadline = isTransfer ? CreateDeadline(stop, timeout) : null;
        var own = cancellationToken.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), stop);
        var running = Task.Run(() => call(stop.Token), CancellationToken.None);
        try
        {
            if (await CompletesAsync(running, stop.Token))
            {
                return await running;
            }
            Abandon(running);
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure($"did not respond within {Text(timeout)}, {action}");
        }
        catch (Exception e)
            when (e is not HoldfastException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw e is OperationCanceledException && stop.IsCancellationRequested
                ? Failure($"did not respond within {Text(timeout)}, {action}", e)
                : Failure($"failed, {action}: {e.GetType().Name}: {e.Message}", e);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationIdentity)
        {
            Subscribers.Notify(IdentityFailed, e);
            throw;
        }
        finally
        {
            await own.DisposeAsync();
            if (deadline is not null)
            {
                await deadline.DisposeAsync(); // before what it cancels
            }
            if (running.IsCompleted)
            {
                stop.Dispose(); // otherwise the call still uses its token
            }
        }
    }

    /// <summary>Runs a call without a result.</summary>
    /// <inheritdoc cref="RunAsync{T}(string, TimeSpan, Func{CancellationToken, Task{T}}, CancellationToken)"/>
    public Task RunAsync(string action, TimeSpan timeout, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync(
            action,
            timeout,
            async token =>
            {
                await call(token);
                return true;
            },
            cancellationToken
        );

    /// <summary>Closes a resource, even while new calls are refused. Waits briefly, and then lets it continue in the background.</summary>
    /// <param name="close">Closes it. Its exceptions are ignored: the users of the resource have already seen the failure.</param>
    public async Task CloseAsync(Func<Task> close)
    {
        var running = Task.Run(close, CancellationToken.None);
        await running
            .WaitAsync(HungCalls > 0 ? limits.CancellationGrace : limits.CloseTimeout, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
        {
            _ = running.Exception;
        }
        else
        {
            Abandon(running);
        }
    }

    private ITimer CreateDeadline(CancellationTokenSource stop, TimeSpan timeout)
    {
        var last = Progress();
        return time.CreateTimer(
            _ =>
            {
                var current = Progress();
                if (Equals(current, last))
                {
                    try
                    {
                        stop.Cancel();
                    }
                    catch (ObjectDisposedException)
                    {
                        // the call has just ended
                    }
                }
                last = current;
            },
            null,
            timeout,
            timeout
        );
    }

    private static string Text(TimeSpan span) => span.TotalSeconds < 120 ? $"{span.TotalSeconds:0} s" : $"{span.TotalMinutes:0} minutes";

    // Returns false if the call was given up and did not end within the grace period either.
    private async Task<bool> CompletesAsync(Task running, CancellationToken stop)
    {
        await running.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
        {
            return true;
        }
        await running
            .WaitAsync(limits.CancellationGrace, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return running.IsCompleted;
    }

    private void Abandon(Task running)
    {
        Interlocked.Increment(ref _hungCalls);
        _ = running.ContinueWith(
            done =>
            {
                _ = done.Exception; // the caller has already failed with a timeout
                Interlocked.Decrement(ref _hungCalls);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private HoldfastException Failure(string reason, Exception? cause = null) =>
        new(
            ErrorCatalog.DestinationFailed,
            $"Destination '{name}' {reason}.",
            "Check the disk, the mount and the network connection to it. Later calls are tried again.",
            cause
        );
}
