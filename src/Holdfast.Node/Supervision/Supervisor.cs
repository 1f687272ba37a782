using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.State;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Supervision;

/// <summary>
/// Runs the background loops of a node. Whatever a loop throws is caught here, logged, told in its
/// <see cref="LoopStatus"/>, and the loop is run again
/// after a pause that grows with each failure. A loop ends only when the supervisor stops it: one that returns by
/// itself, or is cancelled by a token
/// that is not ours, has failed.
/// </summary>
public sealed partial class Supervisor : IAsyncDisposable
{
    private static readonly TimeSpan[] RetryDelays =
    [
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(1),
    ];

    // The state answers within seconds; whoever waits for it is served long before this.
    private static readonly TimeSpan MaxStateInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger<Supervisor> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<SupervisedLoop> _loops = [];
    private readonly List<Func<LoopStatus>> _external = [];
    private int _isDisposed;
    private readonly ConcurrentDictionary<string, byte> _stuck = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SupervisedLoop> _handlers = new(StringComparer.Ordinal);

    /// <summary>Makes it.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes every failure.</param>
    public Supervisor(TimeProvider time, ILogger<Supervisor> logger)
    {
        (_time, _logger) = (time, logger);
        Subscribers.Failed += LogSubscriberFailed;
    }

    /// <summary>Told when a loop fails, or works again. Must not block.</summary>
    public event Action? Changed;

    /// <summary>
    /// All loops that run, by the order of their start; those that others run and that are watched; and duties that
    /// fail.
    /// </summary>
    public IReadOnlyList<LoopStatus> Loops
    {
        get
        {
            List<SupervisedLoop> loops;
            List<Func<LoopStatus>> watched;
            lock (_gate)
            {
                (loops, watched) = ([.. _loops], [.. _external]);
            }
            var failing = _handlers
                .Values.Select(d => d.Status)
                .Where(d => d.Problem is not null)
                .Select(d => d with { SinceLastIteration = TimeSpan.Zero });
            return [.. loops.Select(l => l.Status), .. watched.Select(w => w()), .. failing];
        }
    }

    /// <summary>Starts a loop. It calls <see cref="SupervisedLoop.CompleteIteration"/> each time it has completed a turn.</summary>
    /// <param name="name">Its name, as alerts and metrics show it.</param>
    /// <param name="longest">The longest time between two beats of a loop that works.</param>
    /// <param name="run">Runs until its token is cancelled. Called again after a failure.</param>
    /// <param name="cancellationToken">Ends this loop alone.</param>
    /// <returns>The loop; done when it has ended.</returns>
    public SupervisedLoop Start(
        string name,
        TimeSpan longest,
        Func<SupervisedLoop, CancellationToken, Task> run,
        CancellationToken cancellationToken = default
    )
    {
        var loop = new SupervisedLoop(name, longest, _time, OnChanged);
        lock (_gate)
        {
            _loops.Add(loop);
        }
        loop.Completion = Task.Run(() => RunAsync(loop, run, cancellationToken), CancellationToken.None);
        return loop;
    }

    /// <summary>Starts a loop that does the same work again and again, first after one interval.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="interval">Time between two turns.</param>
    /// <param name="turn">One turn. One that throws is followed by the next, after a pause.</param>
    /// <param name="cancellationToken">Ends this loop alone.</param>
    /// <returns>The loop.</returns>
    public SupervisedLoop StartPeriodic(
        string name,
        TimeSpan interval,
        Func<CancellationToken, Task> turn,
        CancellationToken cancellationToken = default
    ) =>
        Start(
            name,
            interval,
            async (loop, token) =>
            {
                using var timer = new PeriodicTimer(interval, _time);
                while (await timer.WaitForNextTickAsync(token))
                {
                    await turn(token);
                    loop.CompleteIteration();
                }
            },
            cancellationToken
        );

    /// <summary>Shows a loop that another room runs, which catches its own failures, among <see cref="Loops"/>.</summary>
    /// <param name="status">Says how it is doing. Must not block or throw.</param>
    public void AddExternal(Func<LoopStatus> status)
    {
        lock (_gate)
        {
            _external.Add(status);
        }
    }

    /// <summary>Shows a loop of the state's room.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="status">Says how it is doing.</param>
    public void AddExternal(string name, Func<StateLoopHealth> status) =>
        AddExternal(() =>
        {
            var loop = status();
            return new(
                name,
                loop.LastIteration,
                MaxStateInterval,
                loop.Failures,
                loop.Problem is null ? null : OperationError.From(loop.Problem),
                loop.SinceLastIteration
            );
        });

    /// <summary>Shows how a mirror follows the state.</summary>
    public void AddExternal<T>(StateMirror<T> mirror)
        where T : class
    {
        AddExternal($"state mirror of {mirror.Prefix.TrimEnd('/')}", () => mirror.Loop);
        mirror.ProblemChanged += NotifyChanged;
    }

    /// <summary>What is watched fails, or works again.</summary>
    public void NotifyChanged() => OnChanged();

    /// <summary>
    /// Makes a duty of what is done when something happens: what it throws is logged and shown as a loop that fails,
    /// until it is done without. An event
    /// must not be able to end whoever raises it, and a duty that fails must be seen.
    /// </summary>
    /// <param name="name">Its name, as alerts show it.</param>
    /// <param name="duty">What is done.</param>
    public Action<T> Guard<T>(string name, Action<T> duty) => value => RunGuarded(name, () => duty(value));

    /// <summary>
    /// Does something once, in the background. What it throws is logged and shown as a loop that fails, and it is done
    /// again after a pause.
    /// </summary>
    /// <param name="name">Its name, as alerts show it.</param>
    /// <param name="duty">What is done until it is done without a failure.</param>
    /// <returns>Done when it has been done, or the supervisor was stopped; never fails.</returns>
    public Task RunOnce(string name, Func<CancellationToken, Task> duty) =>
        Task.Run(() => RunOnceAsync(HandlerLoop(name), duty), CancellationToken.None);

    /// <summary>
    /// Logs each loop that stands still, once. To be called about once a minute: a log does not depend on the loop that
    /// looks for alerts.
    /// </summary>
    public void LogStuck()
    {
        foreach (var loop in Loops)
        {
            if (!loop.IsStuck)
            {
                _stuck.TryRemove(loop.Name, out _);
            }
            else if (_stuck.TryAdd(loop.Name, 0))
            {
                LogStalled(loop.Name, loop.SinceLastIteration.TotalSeconds);
            }
        }
    }

    /// <summary>Stops all loops, and returns when they have ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        List<SupervisedLoop> loops;
        lock (_gate)
        {
            loops = [.. _loops];
        }
        await Task.WhenAll(loops.Select(l => l.Completion));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        await StopAsync();
        Subscribers.Failed -= LogSubscriberFailed;
        _stop.Dispose();
    }

    private async Task RunOnceAsync(SupervisedLoop loop, Func<CancellationToken, Task> duty)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await duty(_stop.Token);
                loop.CompleteIteration();
                return;
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return; // what was left undone is done after the next start
            }
            catch (Exception e)
            {
                RecordFailure(loop, e);
            }

            await DelayRetryAsync(loop, _stop.Token);
        }
    }

    private async Task DelayRetryAsync(SupervisedLoop loop, CancellationToken stop)
    {
        var pause = RetryDelays[Math.Clamp(loop.Status.Failures, 1, RetryDelays.Length) - 1];
        await Task.Delay(pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void OnChanged() => Subscribers.Notify(Changed);

    private SupervisedLoop HandlerLoop(string name) => _handlers.GetOrAdd(name, n => new(n, TimeSpan.MaxValue, _time, OnChanged));

    private void RunGuarded(string name, Action duty)
    {
        var loop = HandlerLoop(name);
        try
        {
            duty();
            loop.CompleteIteration();
        }
        catch (Exception e)
        {
            LogHandlerFailed(e, name);
            loop.RecordFailure(ToError(e));
        }
    }

    private async Task RunAsync(SupervisedLoop loop, Func<SupervisedLoop, CancellationToken, Task> run, CancellationToken own)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, own);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await run(loop, stop.Token);
                if (!stop.IsCancellationRequested)
                {
                    RecordFailure(
                        loop,
                        new HoldfastException(ErrorCatalogue.Unexpected, $"The loop '{loop.Name}' ended by itself.", "Please report this.")
                    );
                }
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                // The node stops: how the loop ends no longer matters.
            }
            catch (Exception e)
            {
                RecordFailure(loop, e);
            }

            if (stop.IsCancellationRequested)
            {
                break;
            }
            await DelayRetryAsync(loop, stop.Token);
        }

        lock (_gate)
        {
            _loops.Remove(loop);
        }
    }

    private void RecordFailure(SupervisedLoop loop, Exception e)
    {
        LogFailed(e, loop.Name, loop.Status.Failures + 1);
        loop.RecordFailure(ToError(e));
    }

    private static OperationError ToError(Exception e) =>
        e is HoldfastException known
            ? OperationError.From(known)
            : new(ErrorCatalogue.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", "Please report this, with the server's log.");

    [LoggerMessage(EventId = 5001, Level = LogLevel.Error, Message = "Loop {Loop} failed, {Failures} times in a row; it is run again")]
    private partial void LogFailed(Exception exception, string loop, int failures);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Error, Message = "{Duty} failed")]
    private partial void LogHandlerFailed(Exception exception, string duty);

    [LoggerMessage(
        EventId = 5003,
        Level = LogLevel.Error,
        Message = "Whoever is told of an event failed; the others were told all the same"
    )]
    private partial void LogSubscriberFailed(Exception exception);

    [LoggerMessage(
        EventId = 5004,
        Level = LogLevel.Critical,
        Message = "Loop {Loop} stands still: it has not completed a turn for {SilenceSeconds} s. Restart the server, and report this "
            + "with its log"
    )]
    private partial void LogStalled(string loop, double silenceSeconds);
}
