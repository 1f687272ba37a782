using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>The sources of this node: attached, looked at again and again, and detached. None waits for another.</summary>
public sealed class SourceRegistry : ISourceReadiness, IAsyncDisposable
{
    private readonly DatabaseRecords _records;
    private readonly SourceIdentities _identities;
    private readonly Supervisor _supervisor;
    private readonly TimeProvider _time;
    private readonly ILogger<SourceRegistry> _logger;
    private readonly ConcurrentDictionary<string, SourceMonitor> _monitors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, byte> _closing = new(); // sources that were detached and are not closed yet
    private int _isDisposed;
    private readonly Lock _gate = new(); // who attaches and detaches has it, so that at no time two monitors of one name change records

    /// <summary>Makes it.</summary>
    /// <param name="state">The records of databases and sources.</param>
    /// <param name="interval">Time between two looks at a source.</param>
    /// <param name="supervisor">Runs the loop of each source.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of what happens to sources.</param>
    public SourceRegistry(NodeState state, TimeSpan interval, Supervisor supervisor, TimeProvider time, ILogger<SourceRegistry> logger)
    {
        (_records, Interval, _supervisor, _time, _logger) = (state.Databases, interval, supervisor, time, logger);
        _identities = new(state.SourceRecords, state.NodeSources, state.Store.IsExclusive);
    }

    /// <summary>Told of each database whose record changed. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Told when a source came, went, went down or came back. Must not block.</summary>
    public event Action? StatusChanged;

    /// <summary>Told the name of a source whose first look has ended, or is waited for no longer. Must not block.</summary>
    public event Action<string>? Ready;

    /// <summary>Time between two looks at a source.</summary>
    public TimeSpan Interval { get; }

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<SourceMonitor> Items => [.. _monitors.Values];

    /// <summary>One of them; null where this node has none of that name.</summary>
    public SourceMonitor? Find(string name) => _monitors.GetValueOrDefault(name);

    /// <inheritdoc/>
    public bool IsReady(string source) => Find(source) is not { IsReady: false };

    /// <summary>Begins to work with a source when it is settled. One that is saved anew meanwhile is used as it is by then.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="HoldfastException">This node has none of that name, or it is not the one that was known by it.</exception>
    public async Task<SourceLease> AcquireAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var monitor = Find(name)
                ?? throw new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"Source '{name}' is not configured on this node.",
                    "Choose a source of GET /api/v1/sources, or add it to holdfast.json."
                );
            await monitor.WaitUntilReadyAsync(cancellationToken);
            try
            {
                return monitor.Acquire();
            }
            catch (HoldfastException)
            {
                // Where another has taken its place, that one is meant. Not asked in a filter: those run before what
                // threw lets go of its locks.
                if (!IsReplaced(monitor))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Attaches a source in the place of one of the same name, and returns at once: it is looked at in the background.</summary>
    /// <returns>Its monitor; wait with <see cref="SourceMonitor.WaitUntilReadyAsync"/>.</returns>
    public SourceMonitor Attach(AttachedSource source)
    {
        var monitor = new SourceMonitor(source, _records, _identities, _time, _logger);
        monitor.Changed += record => Subscribers.Notify(Changed, record);
        monitor.StatusChanged += () => Subscribers.Notify(StatusChanged);
        monitor.Ready += () => Subscribers.Notify(Ready, source.Name);
        lock (_gate)
        {
            // At no time is there none of this name: what waits for the source would fail. The old one changes no
            // record any more when the new one can be found.
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

    /// <summary>The same, and returns when it has been looked at once. It may be down: then its status says so.</summary>
    public Task AttachAsync(AttachedSource source, CancellationToken cancellationToken) =>
        Attach(source).WaitUntilReadyAsync(cancellationToken);

    /// <summary>Returns when each source has been looked at once, or is waited for no longer.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Items.Select(m => m.WaitUntilReadyAsync(cancellationToken)));

    /// <summary>
    /// Detaches a source: its databases count as dropped, and their backups stay. What works with it keeps it until it
    /// has ended.
    /// </summary>
    public void Detach(string name)
    {
        lock (_gate)
        {
            if (_monitors.TryRemove(name, out var before))
            {
                ReleaseInBackground(before);
            }
            _identities.Forget(name); // defined anew, it may be another
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
    /// Takes it for meant that this node does not have a source any more: what is missing of it counts as dropped, and
    /// its backups stay.
    /// </summary>
    /// <param name="source">Its name.</param>
    /// <param name="database">One of its databases; null for all.</param>
    /// <returns>Whether there was any; false too where this node has the source.</returns>
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
                _identities.Forget(source); // configured anew, it may be another
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

    /// <summary>Looks at no source any more.</summary>
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

        // One that does not answer keeps nobody: the process ends it.
        await Task.WhenAny(Task.WhenAll(closing), Task.Delay(SourceMonitor.DiscoveryTimeout, TimeProvider.System));
    }

    // With the gate held.
    private void Set(DatabaseRecord record)
    {
        _records.Set(record);
        Subscribers.Notify(Changed, record);
    }

    // With the gate held. It is closed when this returns. Its last user disposes it, and nobody waits for that but the node's own end.
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

    // Whoever replaces it has the gate: with it in hand, what is found is what has come of that.
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
