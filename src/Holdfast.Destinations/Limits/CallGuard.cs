using Holdfast.Core.Errors;
using Holdfast.Core.Events;

namespace Holdfast.Destinations.Limits;

/// <summary>
/// Runs the calls of one destination so that none holds its caller: one that takes too long, or is cancelled, is left
/// behind, to return when it will.
/// Whatever a call throws, its caller gets a <see cref="HoldfastException"/>, or an
/// <see cref="OperationCanceledException"/> of its own token.
/// </summary>
/// <param name="name">The destination, for errors.</param>
/// <param name="limits">How long, and how many.</param>
/// <param name="time">The clock.</param>
public sealed class CallGuard(string name, DestinationLimits limits, TimeProvider time)
{
    private int _hungCalls;

    /// <summary>Told that a call found another identity than the one that was defined. Must not block.</summary>
    public event Action<HoldfastException>? IdentityFailed;

    /// <summary>How long, and how many.</summary>
    public DestinationLimits Limits => limits;

    /// <summary>Calls that were left behind and have not returned.</summary>
    public int HungCalls => Volatile.Read(ref _hungCalls);

    /// <summary>Runs a call, on a thread that it may block.</summary>
    /// <param name="doing">What it does, for errors: <c>listing</c>.</param>
    /// <param name="longest">The longest that it may take.</param>
    /// <param name="call">The call. Its token is cancelled when its caller gives it up.</param>
    /// <param name="cancellationToken">Frees the caller, whatever the call does.</param>
    /// <exception cref="HoldfastException">What went wrong, of a kind that a destination may throw.</exception>
    public async Task<T> RunAsync<T>(
        string doing,
        TimeSpan longest,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (HungCalls >= limits.MaxHungCalls)
        {
            throw Failure($"does not answer: {HungCalls} calls hang in it");
        }
        var stop = new CancellationTokenSource(longest, time);
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
            throw Failure($"has not answered within {Text(longest)}, {doing}");
        }
        catch (Exception e)
            when (e is not HoldfastException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw e is OperationCanceledException && stop.IsCancellationRequested
                ? Failure($"has not answered within {Text(longest)}, {doing}", e)
                : Failure($"failed, {doing}: {e.GetType().Name}: {e.Message}", e);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.DestinationIdentity)
        {
            Subscribers.Notify(IdentityFailed, e);
            throw;
        }
        finally
        {
            await own.DisposeAsync();
            if (running.IsCompleted)
            {
                stop.Dispose(); // else its token is in use
            }
        }
    }

    /// <summary>Runs a call that gives nothing back.</summary>
    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(string doing, TimeSpan longest, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync(
            doing,
            longest,
            async token =>
            {
                await call(token);
                return true;
            },
            cancellationToken
        );

    /// <summary>Closes something, even while new calls fail; waits for a moment only, and lets it go on by itself after that.</summary>
    /// <param name="close">Closes it. What it throws matters to nobody: whoever used it has been told what went wrong.</param>
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

    private static string Text(TimeSpan span) => span.TotalSeconds < 120 ? $"{span.TotalSeconds:0} s" : $"{span.TotalMinutes:0} minutes";

    // False where it was given up, and has not ended in the time of grace either.
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
                _ = done.Exception; // its caller was told that it hung; how it ended matters to nobody
                Interlocked.Decrement(ref _hungCalls);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private HoldfastException Failure(string what, Exception? cause = null) =>
        new(
            ErrorCatalogue.DestinationFailed,
            $"Destination '{name}' {what}.",
            "Check the disk, the mount and the network to it. What is asked of it again is tried again.",
            cause
        );
}
