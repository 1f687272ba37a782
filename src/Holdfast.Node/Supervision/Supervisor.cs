using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.State;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Supervision;

/// <summary>
/// Runs the background loops of a node. Any exception of a loop is caught, logged and shown in its <see cref="LoopStatus"/>, and
/// the loop is run again after a pause that grows with each failure. A loop ends only when the supervisor stops it: a loop that
/// returns by itself, or is cancelled by a token that is not ours, has failed.
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

    // The state responds within seconds, so its waiting callers are served long before this.
    private static readonly TimeSpan MaxStateInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger<Supervisor> _logger;
    private readonly CancellationTokenSource _stop = new();

    // Guards _loops and _external. Changed is raised, and callbacks are called, only after it is released.
    private readonly Lock _gate = new();
    private readonly List<SupervisedLoop> _loops = [];
    private readonly List<Func<LoopStatus>> _external = [];
    private int _isDisposed;
    private readonly ConcurrentDictionary<string, byte> _stuck = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SupervisedLoop> _handlers = new(StringComparer.Ordinal);

    /// <summary>Creates a supervisor.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs every failure.</param>
    public Supervisor(TimeProvider time, ILogger<Supervisor> logger)
    {
        (_time, _logger) = (time, logger);
        Subscribers.Failed += LogSubscriberFailed;
    }

    /// <summary>Raised when a loop fails or recovers. Must not block.</summary>
    public event Action? Changed;

    /// <summary>All running loops in the order of their start, watched loops that others run, and failing actions.</summary>
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

    /// <summary>
    /// Starts a loop. It must call <see cref="SupervisedLoop.CompleteIteration"/> after each completed iteration.
    /// </summary>
    /// <param name="name">Name in alerts and metrics.</param>
    /// <param name="longest">The longest time between two iterations of a working loop.</param>
    /// <param name="run">Runs until its token is cancelled. Called again after a failure.</param>
    /// <param name="cancellationToken">Stops this loop alone.</param>
    /// <returns>The loop; completes when it has ended.</returns>
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

    /// <summary>Starts a loop that does the same work repeatedly, first after one interval.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="interval">Time between two iterations.</param>
    /// <param name="turn">One iteration. If it throws, the next one follows after a pause.</param>
    /// <param name="cancellationToken">Stops this loop alone.</param>
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

    /// <summary>Adds a loop that other code runs, and that catches its own failures, to <see cref="Loops"/>.</summary>
    /// <param name="status">Returns its status. Must not block or throw.</param>
    public void AddExternal(Func<LoopStatus> status)
    {
        lock (_gate)
        {
            _external.Add(status);
        }
    }

    /// <summary>Adds a loop of the state.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="status">Returns its health.</param>
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

    /// <summary>Adds the loop with which a mirror follows the state.</summary>
    public void AddExternal<T>(StateMirror<T> mirror)
        where T : class
    {
        AddExternal($"state mirror of {mirror.Prefix.TrimEnd('/')}", () => mirror.Loop);
        mirror.ProblemChanged += NotifyChanged;
    }

    /// <summary>Notifies subscribers that a watched loop has failed or recovered.</summary>
    public void NotifyChanged() => OnChanged();

    /// <summary>
    /// Guards an action that must follow an event: an exception is logged and shown as a failing loop, until the action succeeds.
    /// An event handler must not end the caller that raises the event, and its failure must be visible.
    /// </summary>
    /// <param name="name">Name in alerts.</param>
    /// <param name="duty">The action.</param>
    public Action<T> Guard<T>(string name, Action<T> duty) => value => RunGuarded(name, () => duty(value));

    /// <summary>
    /// Runs an action once, in the background. An exception is logged and shown as a failing loop, and the action is retried after
    /// a pause.
    /// </summary>
    /// <param name="name">Name in alerts.</param>
    /// <param name="duty">The action, retried until it succeeds.</param>
    /// <returns>Completes when the action has succeeded, or the supervisor was stopped; never fails.</returns>
    public Task RunOnce(string name, Func<CancellationToken, Task> duty) =>
        Task.Run(() => RunOnceAsync(HandlerLoop(name), duty), CancellationToken.None);

    /// <summary>
    /// Logs each stalled loop once. Called about once a minute: the log must not depend on the loop that evaluates alerts.
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
                return; // unfinished work is done after the next start
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
                        new HoldfastException(ErrorCatalog.Unexpected, $"The loop '{loop.Name}' ended unexpectedly.", "Please report this.")
                    );
                }
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                // The node is stopping: how the loop ends no longer matters.
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
            : new(ErrorCatalog.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", "Please report this, with the server's log.");

    [LoggerMessage(EventId = 5001, Level = LogLevel.Error, Message = "Loop {Loop} failed, {Failures} times in a row; it will be restarted")]
    private partial void LogFailed(Exception exception, string loop, int failures);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Error, Message = "{Duty} failed")]
    private partial void LogHandlerFailed(Exception exception, string duty);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Error, Message = "A subscriber of an event failed; the others were notified")]
    private partial void LogSubscriberFailed(Exception exception);

    [LoggerMessage(
        EventId = 5004,
        Level = LogLevel.Critical,
        Message = "Loop {Loop} is stalled: it has not completed an iteration for {SilenceSeconds} s. Restart the server, and report this "
            + "with its log"
    )]
    private partial void LogStalled(string loop, double silenceSeconds);
}
