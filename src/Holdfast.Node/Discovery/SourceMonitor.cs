using Holdfast.Core.Alerts.Rules;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Engines;
using Holdfast.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>
/// Has one source looked at, and lends it to whoever works with it. Whatever the source throws is a problem in
/// <see cref="Status"/>; one that does not
/// answer holds up nobody for longer than <see cref="DiscoveryTimeout"/>. What is found there <see cref="SourceDatabases"/> keeps.
/// </summary>
public sealed partial class SourceMonitor : IAsyncDisposable
{
    /// <summary>How long anybody waits for a look. The look itself goes on, and what it finds counts.</summary>
    public static readonly TimeSpan DiscoveryTimeout = TimeSpan.FromSeconds(60);

    private readonly SourceDatabases _contents;
    private readonly SourceDiscovery _discovery;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _since;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards what follows. Never held while the source is called, nor while anybody is told of anything.
    private readonly Lock _gate = new();
    private Task? _running,
        _next,
        _cleaning;
    private bool _isClosed,
        _isLeft,
        _isCleaned;
    private int _users = 1; // the monitor itself is one, until it is closed
    private volatile SourceStatus _status = new(null, 0, null);

    internal SourceMonitor(AttachedSource attached, DatabaseRecords records, SourceIdentities identities, TimeProvider time, ILogger logger)
    {
        (Attached, _time, _logger, _since) = (attached, time, logger, time.GetUtcNow());
        _contents = new(attached, records, identities, time, logger);
        _contents.Changed += record => Subscribers.Notify(Changed, record);
        _discovery = new(attached, _contents, identities, change => Update(change), logger);
        CheckedSource = new IdentityCheckedSource(attached.Source, CheckIdentity);
    }

    /// <summary>Told of each database whose record changed. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Told when the source went down or came back, or lost databases. Must not block.</summary>
    public event Action? StatusChanged;

    /// <summary>Told once, when <see cref="IsReady"/>. Must not block.</summary>
    internal event Action? Ready;

    /// <summary>The source. To work with it, <see cref="Acquire"/> it.</summary>
    public AttachedSource Attached { get; }

    /// <summary>When the last look ended; when it was attached, before the first has.</summary>
    public DateTimeOffset LastDiscovery => Status.CompletedAt ?? _since;

    /// <summary>What the last look came to.</summary>
    public SourceStatus Status => _status;

    /// <summary>Databases that are missing, as their records say.</summary>
    public int Missing => _contents.Missing;

    /// <summary>Whether an operator has to confirm the source as it is: it is another one, or has lost databases.</summary>
    public bool NeedsConfirmation => Status.Problem?.Code == ErrorCatalogue.SourceIdentity.Code || Missing > 0;

    /// <summary>
    /// Whether the first look has ended, or is not waited for any more. Before that nothing is known of what is there,
    /// only what was.
    /// </summary>
    public bool IsReady => _ready.Task.IsCompleted;

    /// <summary>The source as whoever works with it sees it.</summary>
    internal IDatabaseSource CheckedSource { get; }

    /// <summary>Cancelled when the source is detached.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <summary>
    /// What is the matter with the source as a whole: it cannot be read, is not used, does not answer, or has shrunk.
    /// Null where nothing is.
    /// </summary>
    /// <param name="interval">Time between two looks.</param>
    public OperationError? Problem(TimeSpan interval) =>
        Status.Problem
        ?? SourceAlerts.CheckSilence(Attached.Name, LastDiscovery, interval, _time.GetUtcNow())
        ?? (Missing is > 0 and var missing ? SourceAlerts.CreateShrunkError(Attached.Name, missing) : null);

    /// <summary>Since when and why the source cannot be reached; null where it can, also where it has lost databases.</summary>
    /// <param name="interval">Time between two looks.</param>
    public SourceOutage? Outage(TimeSpan interval) =>
        Status is { Problem: { } problem, ProblemSince: { } since } ? new(since, problem)
        : SourceAlerts.CheckSilence(Attached.Name, LastDiscovery, interval, _time.GetUtcNow()) is { } silence ? new(LastDiscovery, silence)
        : null;

    /// <summary>A database as it was found last; null where it is not there.</summary>
    public DiscoveredDatabase? FindDatabase(string name) => _contents.Find(name);

    /// <summary>A database that is to be backed up, as it was found last.</summary>
    /// <exception cref="HoldfastException">It is not there; the message says why.</exception>
    public DiscoveredDatabase GetDatabase(string name) => _contents.Find(name) ?? throw _contents.ExplainAbsence(name, Status);

    /// <summary>Begins to work with the source.</summary>
    /// <exception cref="HoldfastException">It is detached, or is not the one that was known by its name.</exception>
    public SourceLease Acquire()
    {
        _contents.ThrowIfIdentityRejected();
        return AcquireLease();
    }

    /// <summary>
    /// Looks now, and returns when the records show what was found, or <see cref="DiscoveryTimeout"/> is at its end. What goes
    /// wrong is told in <see cref="Status"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled. The look goes on.</exception>
    public async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StartDiscovery().WaitAsync(DiscoveryTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            MarkReady(); // nobody waits for it for ever; the status says since when it is looked at
        }
    }

    /// <summary>Returns when <see cref="IsReady"/>.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => _ready.Task.WaitAsync(cancellationToken);

    /// <summary>
    /// Takes the source as it is: another identity is the right one, and databases that are missing were dropped. Looks
    /// again then.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/>, where nothing waits for that.</exception>
    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        _contents.Confirm(Status.Identity, Status.Location);
        _discovery.ResetIdentification();
        await DiscoverAsync(cancellationToken);
    }

    /// <summary>Closes it, and lets the source go: it is disposed when nobody works with it any more. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        lock (_gate)
        {
            if (_isLeft)
            {
                return;
            }
            _isLeft = true;
        }

        await ReleaseAsync();
    }

    /// <summary>Begins a look, unless one that sees all that is there now is to begin anyway.</summary>
    internal Task StartDiscovery()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Task.CompletedTask;
            }
            // One that runs may have passed by what its caller has just made: another follows it.
            if (_running is { IsCompleted: false })
            {
                return _next ??= DiscoverAfterAsync(_running);
            }
            return _running = Task.Run(DiscoverOnceAsync, CancellationToken.None);
        }
    }

    /// <summary>Begins to remove what restores have left behind, unless that was done, or is being done.</summary>
    internal void StartCleanup()
    {
        lock (_gate)
        {
            if (_isCleaned || _isClosed || _cleaning is { IsCompleted: false })
            {
                return;
            }
            _cleaning = Task.Run(CleanAsync, CancellationToken.None);
        }
    }

    /// <summary>Changes no record any more from when this returns.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }
            _isClosed = true;
        }

        _contents.Close();
        // What is registered there is the source's business: it may take its time, and what it throws is told.
        _stop
            .CancelAsync()
            .ContinueWith(
                t => LogNotCancelled(t.Exception!, Attached.Name),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );
        MarkReady();
    }

    /// <summary>Somebody works with it no more.</summary>
    internal async Task ReleaseAsync()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        try
        {
            await Attached.Source.DisposeAsync();
        }
        catch (Exception e)
        {
            LogNotDisposed(e, Attached.Name); // nothing is to be done with it any more
        }
    }

    // Never throws.
    private async Task CleanAsync()
    {
        try
        {
            await using var use = AcquireLease();
            await use.Source.RemoveLeftoversAsync(_stop.Token);
            _isCleaned = true;
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Detached: whoever attaches it next does it.
        }
        catch (Exception e)
        {
            LogNotCleaned(e, Attached.Name); // a source that is down: the look says so
        }
    }

    // What a view or a restore has found: the look that follows tells everybody else.
    private void CheckIdentity(SourceInfo info)
    {
        if (_contents.FindIdentityMismatch(info) is not { } refusal)
        {
            return;
        }
        StartDiscovery();
        throw refusal;
    }

    private SourceLease AcquireLease()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _users++;
                return new(this);
            }
        }

        throw new HoldfastException(ErrorCatalogue.NotFound, $"Source '{Attached.Name}' was detached.", "If it was saved anew, ask again.");
    }

    private async Task DiscoverAfterAsync(Task running)
    {
        await running;
        Task next;
        lock (_gate)
        {
            _next = null;
            if (_isClosed)
            {
                return;
            }
            if (_running is null or { IsCompleted: true })
            {
                _running = Task.Run(DiscoverOnceAsync, CancellationToken.None);
            }
            next = _running;
        }

        await next;
    }

    // Never throws: whatever the source does ends here.
    private async Task DiscoverOnceAsync()
    {
        Update(s => s with { DiscoveryStarted = _time.GetUtcNow() });
        OperationError? problem = null;
        try
        {
            await using var use = AcquireLease();
            await _discovery.RunAsync(_stop.Token);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Detached.
        }
        catch (HoldfastException e)
        {
            problem = OperationError.From(e);
        }
        catch (Exception e)
        {
            LogUnexpected(e, Attached.Name);
            problem = OperationError.From(UnexpectedFailure.Wrap($"Looking at source '{Attached.Name}'", e));
        }

        CompleteDiscovery(problem);
        MarkReady();
    }

    private void MarkReady()
    {
        if (_ready.TrySetResult())
        {
            Subscribers.Notify(Ready);
        }
    }

    private (SourceStatus Before, SourceStatus Now) Update(Func<SourceStatus, SourceStatus> change)
    {
        lock (_gate)
        {
            var before = _status;
            _status = change(before);
            return (before, _status);
        }
    }

    private void CompleteDiscovery(OperationError? problem)
    {
        var at = _time.GetUtcNow();
        var (before, now) = Update(s =>
            s with
            {
                DiscoveryStarted = null,
                CompletedAt = at,
                Problem = problem,
                ProblemSince = problem is null ? null : s.ProblemSince ?? at,
            }
        );
        if (problem is not null && problem != before.Problem)
        {
            LogProblem(Attached.Name, problem.Message);
        }
        if (problem is null && (before.CompletedAt is null || before.Problem is not null))
        {
            LogDiscovered(Attached.Name, now.Databases);
        }
        if (before.CompletedAt is null || before.Problem != problem)
        {
            Subscribers.Notify(StatusChanged);
        }
    }

    [LoggerMessage(EventId = 5201, Level = LogLevel.Information, Message = "Source {Source}: {Databases} databases")]
    private partial void LogDiscovered(string source, int databases);

    [LoggerMessage(EventId = 5202, Level = LogLevel.Error, Message = "Source {Source} cannot be read: {Reason}")]
    private partial void LogProblem(string source, string reason);

    [LoggerMessage(EventId = 5203, Level = LogLevel.Error, Message = "Looking at source {Source} failed unexpectedly; it is tried again")]
    private partial void LogUnexpected(Exception exception, string source);

    [LoggerMessage(
        EventId = 5205,
        Level = LogLevel.Warning,
        Message = "What restores may have left behind at source {Source} could not be removed; it is tried again"
    )]
    private partial void LogNotCleaned(Exception exception, string source);

    [LoggerMessage(
        EventId = 5206,
        Level = LogLevel.Warning,
        Message = "Source {Source} was detached, and its connections could not be closed in order"
    )]
    private partial void LogNotDisposed(Exception exception, string source);

    [LoggerMessage(
        EventId = 5208,
        Level = LogLevel.Warning,
        Message = "Source {Source} was detached, and what it did could not be stopped in order"
    )]
    private partial void LogNotCancelled(Exception exception, string source);
}
