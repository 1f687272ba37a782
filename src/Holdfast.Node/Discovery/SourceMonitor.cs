using Holdfast.Core.Alerts.Rules;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>
/// Discovers one source, and lends it to its users. Whatever the source throws becomes a problem in <see cref="Status"/>; a source that
/// does not answer blocks nobody for longer than <see cref="DiscoveryTimeout"/>. <see cref="SourceDatabases"/> keeps what discovery finds.
/// </summary>
public sealed partial class SourceMonitor : IAsyncDisposable
{
    /// <summary>How long callers wait for a discovery. The discovery itself continues, and its result counts.</summary>
    public static readonly TimeSpan DiscoveryTimeout = TimeSpan.FromSeconds(60);

    private readonly SourceDatabases _contents;
    private readonly SourceDiscovery _discovery;
    private readonly SourceCleanup _cleanup;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _attachedAt;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the fields below. Never held while the source is called or an event is raised.
    private readonly Lock _gate = new();
    private Task? _running,
        _next;
    private bool _isClosed;
    private volatile SourceStatus _status = new(null, 0, null); // written under the lock, read without it

    internal SourceMonitor(AttachedSource attached, DatabaseRecords records, SourceIdentities identities, TimeProvider time, ILogger logger)
    {
        (Attached, _time, _logger, _attachedAt) = (attached, time, logger, time.GetUtcNow());
        Users = new(attached, logger);
        _contents = new(attached, records, identities, time, logger);
        _contents.Changed += record => Subscribers.Notify(Changed, record);
        _discovery = new(attached, _contents, identities, change => Update(change), logger);
        _cleanup = new(this, logger);
        CheckedSource = new IdentityCheckedSource(attached.Source, CheckIdentity);
    }

    /// <summary>Raised for each database whose record changed. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Raised when the source failed, recovered, or lost databases. Must not block.</summary>
    public event Action? StatusChanged;

    /// <summary>Raised once, when <see cref="IsReady"/> becomes true. Must not block.</summary>
    internal event Action? Ready;

    /// <summary>The source. <see cref="Acquire"/> it to use it.</summary>
    public AttachedSource Attached { get; }

    /// <summary>When the last discovery ended; before the first has ended, when the source was attached.</summary>
    public DateTimeOffset LastDiscovery => Status.CompletedAt ?? _attachedAt;

    /// <summary>The result of the last discovery.</summary>
    public SourceStatus Status => _status;

    /// <summary>Number of databases that are missing on this node.</summary>
    public int Missing => _contents.Missing;

    /// <summary>Whether an operator has to confirm the source: it has another identity, or has lost databases.</summary>
    public bool NeedsConfirmation => Status.Problem?.Code == ErrorCatalog.SourceIdentity.Code || Missing > 0;

    /// <summary>
    /// Whether the first discovery has ended or timed out. Before that, only what was stored is known, not what the source contains.
    /// </summary>
    public bool IsReady => _ready.Task.IsCompleted;

    /// <summary>The source as its users see it.</summary>
    internal IDatabaseSource CheckedSource { get; }

    /// <summary>The users of the source.</summary>
    internal SourceUsers Users { get; }

    /// <summary>Cancelled when the source is detached.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <summary>
    /// The problem of the source as a whole: it cannot be read, is not used, does not answer, or has lost databases; null if there is none.
    /// </summary>
    /// <param name="interval">Time between two discoveries.</param>
    public OperationError? Problem(TimeSpan interval) =>
        Status.Problem
        ?? SourceAlerts.CheckSilence(Attached.Name, LastDiscovery, interval, _time.GetUtcNow())
        ?? (Missing is > 0 and var missing ? SourceAlerts.CreateShrunkError(Attached.Name, missing) : null);

    /// <summary>Since when and why the source cannot be reached; null if it can, even if it has lost databases.</summary>
    /// <param name="interval">Time between two discoveries.</param>
    public SourceOutage? Outage(TimeSpan interval) =>
        Status is { Problem: { } problem, ProblemSince: { } since } ? new(since, problem)
        : SourceAlerts.CheckSilence(Attached.Name, LastDiscovery, interval, _time.GetUtcNow()) is { } silence ? new(LastDiscovery, silence)
        : null;

    /// <summary>A database as the last discovery found it; null if it did not.</summary>
    public DiscoveredDatabase? FindDatabase(string name) => _contents.Find(name);

    /// <summary>A database as the last discovery found it.</summary>
    /// <exception cref="HoldfastException">It was not found; the message says why.</exception>
    public DiscoveredDatabase GetDatabase(string name) => _contents.Find(name) ?? throw _contents.ExplainAbsence(name, Status);

    /// <summary>Acquires the source for use.</summary>
    /// <exception cref="HoldfastException">It was detached, or is not the known source of its name.</exception>
    public SourceLease Acquire()
    {
        _contents.ThrowIfIdentityRejected();
        return AcquireUnchecked();
    }

    /// <summary>
    /// Discovers the source now; returns when the records show the result, or after <see cref="DiscoveryTimeout"/>. Failures are in
    /// <see cref="Status"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled. The discovery continues.
    /// </exception>
    public async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StartDiscovery().WaitAsync(DiscoveryTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            MarkReady(); // nobody waits for it any longer; the status shows since when it has been running
        }
    }

    /// <summary>Waits until <see cref="IsReady"/>.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => _ready.Task.WaitAsync(cancellationToken);

    /// <summary>Accepts the source as it is, with its identity and without its missing databases; then discovers it again.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> if there is nothing to confirm.</exception>
    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        _contents.Confirm(Status.Identity, Status.Location);
        _discovery.ResetIdentification();
        await DiscoverAsync(cancellationToken);
    }

    /// <summary>Closes the monitor. The source is disposed when its last user has released it. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await Users.DetachAsync();
    }

    /// <summary>Acquires the source even if its identity was rejected, to discover it or to clean up.</summary>
    /// <exception cref="HoldfastException">It was detached.</exception>
    internal SourceLease AcquireUnchecked() =>
        Users.TryAdd()
            ? new(this)
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Source '{Attached.Name}' was detached.",
                "If it was saved again in the meantime, retry."
            );

    /// <summary>Starts a discovery, unless one that will see the present contents is about to start anyway.</summary>
    internal Task StartDiscovery()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Task.CompletedTask;
            }
            // A running discovery may have passed what the caller has just created, so another one follows it.
            if (_running is { IsCompleted: false })
            {
                return _next ??= DiscoverAfterAsync(_running);
            }
            return _running = Task.Run(DiscoverOnceAsync, CancellationToken.None);
        }
    }

    /// <summary>Starts to remove leftovers of restores, unless that is done or running.</summary>
    internal void StartCleanup() => _cleanup.Start();

    /// <summary>Closes the monitor; when it returns, the monitor no longer changes records. Never throws.</summary>
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

        Users.Close();
        _contents.Close();
        // The source's own callbacks may take time; what they throw is logged.
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

    // Called by a view or a restore. The discovery that it starts lets everybody else know.
    private void CheckIdentity(SourceInfo info)
    {
        if (_contents.FindIdentityMismatch(info) is not { } mismatch)
        {
            return;
        }
        StartDiscovery();
        throw mismatch;
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

    // Never throws: whatever the source throws ends here.
    private async Task DiscoverOnceAsync()
    {
        Update(s => s with { DiscoveryStarted = _time.GetUtcNow() });
        OperationError? problem = null;
        try
        {
            await using var use = AcquireUnchecked();
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
            problem = OperationError.From(UnexpectedFailure.Wrap($"Discovery of source '{Attached.Name}'", e));
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

    [LoggerMessage(EventId = 5203, Level = LogLevel.Error, Message = "Discovery of source {Source} failed unexpectedly; it is retried")]
    private partial void LogUnexpected(Exception exception, string source);

    [LoggerMessage(
        EventId = 5208,
        Level = LogLevel.Warning,
        Message = "Source {Source} was detached, but its running work could not be stopped cleanly"
    )]
    private partial void LogNotCancelled(Exception exception, string source);
}
