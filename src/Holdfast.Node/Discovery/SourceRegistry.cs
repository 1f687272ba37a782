using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>The sources of this node: attaches, periodically discovers, and detaches them. No source waits for another.</summary>
public sealed class SourceRegistry : ISourceReadiness, IAsyncDisposable
{
    private readonly DatabaseRecords _records;
    private readonly SourceIdentities _identities;
    private readonly Supervisor _supervisor;
    private readonly TimeProvider _time;
    private readonly ILogger<SourceRegistry> _logger;
    private readonly ConcurrentDictionary<string, SourceMonitor> _monitors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, byte> _closing = new(); // detached sources that are not closed yet
    private int _isDisposed;

    // Serializes attaching and detaching, so that two monitors of one name never change records at the same time. Held while Changed is
    // raised (handlers must not block); never while a source is called. Taken before the locks of the monitors and of the state.
    private readonly Lock _gate = new();

    /// <summary>Creates the registry; it has no sources yet.</summary>
    /// <param name="state">The records of databases and sources.</param>
    /// <param name="interval">Time between two discoveries of a source.</param>
    /// <param name="supervisor">Runs the discovery loop of each source.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public SourceRegistry(NodeState state, TimeSpan interval, Supervisor supervisor, TimeProvider time, ILogger<SourceRegistry> logger)
    {
        (_records, Interval, _supervisor, _time, _logger) = (state.Databases, interval, supervisor, time, logger);
        _identities = new(state.SourceRecords, state.NodeSources, state.Store.IsExclusive);
    }

    /// <summary>Raised for each database whose record changed, with a lock held. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Raised when a source was attached or detached, failed or recovered. Must not block.</summary>
    public event Action? StatusChanged;

    /// <summary>Raised with the name of a source whose first discovery has ended or timed out. Must not block.</summary>
    public event Action<string>? Ready;

    /// <summary>Time between two discoveries of a source.</summary>
    public TimeSpan Interval { get; }

    /// <summary>All sources, unordered.</summary>
    public IReadOnlyCollection<SourceMonitor> Items => [.. _monitors.Values];

    /// <summary>The source of a name; null if this node has none.</summary>
    public SourceMonitor? Find(string name) => _monitors.GetValueOrDefault(name);

    /// <inheritdoc/>
    public bool IsReady(string source) => Find(source) is not { IsReady: false };

    /// <summary>Acquires a source for use when it is ready. If it is replaced in the meantime, acquires its replacement.</summary>
    /// <param name="name">Name of the source.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">This node has no such source, or it is not the known one of its name.</exception>
    public async Task<SourceLease> AcquireAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var monitor = Find(name)
                ?? throw new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"Source '{name}' is not configured on this node.",
                    "Choose another source (holdfast source list), or add this one to holdfast.json."
                );
            await monitor.WaitUntilReadyAsync(cancellationToken);
            try
            {
                return monitor.Acquire();
            }
            catch (HoldfastException)
            {
                // If it was replaced, use the replacement. Not checked in an exception filter: a filter would run while the thrower still
                // holds its locks.
                if (!IsReplaced(monitor))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>
    /// Attaches a source, replacing one of the same name. Returns at once: the source is discovered in the background.
    /// </summary>
    /// <returns>Its monitor; wait with <see cref="SourceMonitor.WaitUntilReadyAsync"/>.</returns>
    public SourceMonitor Attach(AttachedSource source)
    {
        var monitor = new SourceMonitor(source, _records, _identities, _time, _logger);
        monitor.Changed += record => Subscribers.Notify(Changed, record);
        monitor.StatusChanged += () => Subscribers.Notify(StatusChanged);
        monitor.Ready += () => Subscribers.Notify(Ready, source.Name);
        lock (_gate)
        {
            // Find never returns null in between: whoever waits for the source would fail. The old monitor is closed, and so no longer
            // changes records, before the new one can be found.
            var before = Find(source.Name);
            before?.Close();
            _monitors[source.Name] = monitor;
            if (before is not null)
            {
                ReleaseInBackground(before);
            }
        }

        _supervisor.Start(
            $"discovery of {source.Name}",
            Interval + SourceMonitor.DiscoveryTimeout,
            (loop, token) => DiscoverPeriodicallyAsync(monitor, loop, token),
            monitor.Stopping
        );
        Subscribers.Notify(StatusChanged);
        return monitor;
    }

    /// <summary>Attaches a source and waits for its first discovery. If that fails, the status says so.</summary>
    public Task AttachAsync(AttachedSource source, CancellationToken cancellationToken) =>
        Attach(source).WaitUntilReadyAsync(cancellationToken);

    /// <summary>Waits until the first discovery of each source has ended or timed out.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Items.Select(m => m.WaitUntilReadyAsync(cancellationToken)));

    /// <summary>
    /// Detaches a source: its databases count as dropped, and their backups are kept. Its current users can use it to the end.
    /// </summary>
    public void Detach(string name)
    {
        lock (_gate)
        {
            if (_monitors.TryRemove(name, out var before))
            {
                ReleaseInBackground(before);
            }
            _identities.Forget(name); // if it is defined again, it may be another one
            foreach (var record in _records.GetOwn(name).Where(r => r.Dropped is null).ToList())
            {
                Set(record with { Dropped = _time.GetUtcNow(), MissingSince = null, IsDropConfirmed = true });
            }
        }

        Subscribers.Notify(StatusChanged);
    }

    /// <summary>
    /// Marks the databases as missing whose source this node does not have: it was removed from the configuration or renamed there. Call it
    /// when all sources are attached and no other node uses the same state.
    /// </summary>
    public void MarkUnattachedMissing()
    {
        lock (_gate)
        {
            foreach (
                var record in _records
                    .GetOwn(null)
                    .Where(r => r is { Dropped: null, MissingSince: null } && Find(r.Id.Source) is null)
                    .ToList()
            )
            {
                Set(record with { MissingSince = _time.GetUtcNow() });
            }
        }
    }

    /// <summary>
    /// Confirms that this node no longer has a source: its missing databases count as dropped, and their backups are kept.
    /// </summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="database">Name of one of its databases; null for all.</param>
    /// <returns>Whether any database was missing; false if this node has the source.</returns>
    public bool TryForget(string source, string? database = null)
    {
        lock (_gate)
        {
            if (Find(source) is not null)
            {
                return false;
            }
            var missing = _records
                .GetOwn(source)
                .Where(r => r is { Dropped: null, MissingSince: not null } && (database is null || r.Id.Name == database))
                .ToList();
            foreach (var record in missing)
            {
                Set(record with { Dropped = _time.GetUtcNow(), MissingSince = null, IsDropConfirmed = true });
            }
            if (database is null)
            {
                _identities.Forget(source); // if it is configured again, it may be another one
            }
            return missing.Count > 0;
        }
    }

    /// <summary>Changes what this node stores about a source that it has. A source that was detached since gets no new record.</summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="change">Returns the new record for the current one; null or the same for no change. Must not call out.</param>
    internal void Change(string source, Func<NodeSourceRecord, NodeSourceRecord?> change)
    {
        lock (_gate)
        {
            if (Find(source) is not null)
            {
                _identities.Change(source, change);
            }
        }
    }

    /// <summary>Waits until that change is stored, or cannot be stored now.</summary>
    internal Task WaitUntilStoredAsync(string source, CancellationToken cancellationToken) =>
        _identities.WaitUntilStoredAsync(source, cancellationToken);

    /// <summary>Ends discovery: no record is changed any longer.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            foreach (var monitor in _monitors.Values)
            {
                monitor.Close();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        List<Task> closing;
        lock (_gate)
        {
            closing = [.. _monitors.Values.Select(m => m.DisposeAsync().AsTask()), .. _closing.Keys];
            _monitors.Clear();
        }

        // A source that does not answer must not delay the shutdown; the process ends anyway.
        await Task.WhenAny(Task.WhenAll(closing), Task.Delay(SourceMonitor.DiscoveryTimeout, TimeProvider.System));
    }

    // Called with the lock held.
    private void Set(DatabaseRecord record)
    {
        _records.Set(record);
        Subscribers.Notify(Changed, record);
    }

    // Called with the lock held. The monitor is closed when this returns; its last user disposes the source, and only DisposeAsync waits
    // for that.
    private void ReleaseInBackground(SourceMonitor before)
    {
        before.Close();
        var leaving = _supervisor.RunOnce($"detaching of {before.Attached.Name}", _ => before.DisposeAsync().AsTask());
        _closing.TryAdd(leaving, 0);
        leaving.ContinueWith(
            t => _closing.TryRemove(t, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    // Takes the lock, so that it sees the result of a replacement in progress.
    private bool IsReplaced(SourceMonitor monitor)
    {
        lock (_gate)
        {
            return Find(monitor.Attached.Name) is { } now && now != monitor;
        }
    }

    private async Task DiscoverPeriodicallyAsync(SourceMonitor monitor, SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            monitor.StartCleanup();
            await monitor.DiscoverAsync(cancellationToken);
            loop.CompleteIteration();
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
