using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Runs;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Node.Destinations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Supervision;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>
/// The content of the state store, as this node sees it. What operators define is stored before it is acknowledged; what nodes
/// report is stored in the background.
/// </summary>
public sealed class NodeState : IAsyncDisposable
{
    private readonly StateMirror<TaskStatus> _statuses;
    private readonly StateMirror<SharedDatabaseRecord> _databases;
    private readonly StateMirror<NodeDatabaseRecord> _nodeDatabases;
    private readonly StateMirror<NodeDatabaseRecord>? _databasesOfAllNodes;
    private readonly StateMirror<SourceRecord> _sourceRecords;
    private readonly StateMirror<NodeSourceRecord> _nodeSources;
    private readonly NodeRecordMigration _migration;
    private readonly StateMirror<Operation> _operations;
    private readonly StateMirror<ChainCheck> _checks;
    private readonly StateMirror<TrustedClock> _clocks;
    private readonly StateMirror<Run> _runs;
    private readonly StateMirror<DueDatabaseChunk> _runDue;
    private int _isDisposed;

    /// <summary>Creates the state; empty until <see cref="StartAsync"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="node">Tag of this node.</param>
    /// <param name="time">The clock.</param>
    public NodeState(IStateStore store, string node, TimeProvider time)
    {
        Store = store;
        _migration = new(store, node);
        Writer = new(store, time);
        Templates = new(store, "templates/", time);
        Tasks = new(store, "tasks/", time);
        Destinations = new(store, "destinations/", time);
        Identities = new(store, "destination-identities/", time);
        Sources = new(store, "sources/", time);
        _statuses = new(store, "status/", time);
        _databases = new(store, NodeRecordMigration.Databases, time);
        _nodeDatabases = new(store, $"{NodeRecordMigration.NodeDatabases}{node}/", time);
        _databasesOfAllNodes = store.IsExclusive ? null : new(store, NodeRecordMigration.NodeDatabases, time);
        _sourceRecords = new(store, NodeRecordMigration.Sources, time);
        _nodeSources = new(store, $"{NodeRecordMigration.NodeSources}{node}/", time);
        _operations = new(store, "operations/", time);
        _checks = new(store, "checks/", time);
        _clocks = new(store, "clock/", time);
        _runs = new(store, "runs/", time);
        _runDue = new(store, "run-due/", time);
        Statuses = new(_statuses, Writer);
        Databases = new(new(_databases, Writer), new(_nodeDatabases, Writer), _databasesOfAllNodes, node);
        SourceRecords = new(_sourceRecords, Writer);
        NodeSources = new(_nodeSources, Writer);
        Operations = new(_operations, Writer);
        Checks = new(_checks, Writer);
        Clocks = new(_clocks, Writer);
        Runs = new(_runs, Writer);
        RunDue = new(_runDue, Writer);
        NotifyWhenUnreadable(Templates);
        NotifyWhenUnreadable(Tasks);
        NotifyWhenUnreadable(Destinations);
        NotifyWhenUnreadable(Identities);
        NotifyWhenUnreadable(Sources);
        NotifyWhenUnreadable(_statuses);
        NotifyWhenUnreadable(_databases);
        NotifyWhenUnreadable(_nodeDatabases);
        NotifyWhenUnreadable(_sourceRecords);
        NotifyWhenUnreadable(_nodeSources);
        NotifyWhenUnreadable(_operations);
        NotifyWhenUnreadable(_checks);
        NotifyWhenUnreadable(_clocks);
        NotifyWhenUnreadable(_runs);
        NotifyWhenUnreadable(_runDue);
    }

    /// <summary>The store.</summary>
    public IStateStore Store { get; }

    /// <summary>Stores the reports of nodes in the background.</summary>
    public StateWriter Writer { get; }

    /// <summary>Server-wide backup tasks, by id.</summary>
    public StateMirror<Template> Templates { get; }

    /// <summary>Regular tasks, by id.</summary>
    public StateMirror<RegularTask> Tasks { get; }

    /// <summary>Destinations, by name.</summary>
    public StateMirror<DestinationConfig> Destinations { get; }

    /// <summary>The identities that destinations must have, by <c>NAME/NODE</c>.</summary>
    public StateMirror<ExpectedIdentity> Identities { get; }

    /// <summary>Sources that were defined over the API, by name.</summary>
    public StateMirror<SourceDefinition> Sources { get; }

    /// <summary>Statuses of tasks, by task id.</summary>
    public WriteBehindState<TaskStatus> Statuses { get; }

    /// <summary>Databases, by id: what all nodes share about them, and what each node knows.</summary>
    public DatabaseRecords Databases { get; }

    /// <summary>What all nodes share about sources, by name: a source with another identity is not used.</summary>
    public WriteBehindState<SourceRecord> SourceRecords { get; }

    /// <summary>What this node knows about its sources, by name.</summary>
    public WriteBehindState<NodeSourceRecord> NodeSources { get; }

    /// <summary>Operations, by id.</summary>
    public WriteBehindState<Operation> Operations { get; }

    /// <summary>Runs of server-wide backup tasks, by id; see <see cref="Node.Runs.RunRegistry"/>.</summary>
    public WriteBehindState<Run> Runs { get; }

    /// <summary>The databases that were due in the unfinished runs; see <see cref="Node.Runs.RunDueStore"/>.</summary>
    public WriteBehindState<DueDatabaseChunk> RunDue { get; }

    /// <summary>
    /// Results of chain verifications by an earlier version; see <see cref="Catalog.Auditing.ChainVerificationHistory"/>.
    /// </summary>
    public WriteBehindState<ChainCheck> Checks { get; }

    /// <summary>The trusted time of each node, by its tag; see <see cref="Retention.TrustedClockMonitor"/>.</summary>
    public WriteBehindState<TrustedClock> Clocks { get; }

    /// <summary>Values that cannot be read, by their keys in the store. Those that other nodes report are theirs to notice.</summary>
    public IReadOnlyDictionary<string, HoldfastException> Unreadable =>
        Of(Templates)
            .Concat(Of(Tasks))
            .Concat(Of(Destinations))
            .Concat(Of(Identities))
            .Concat(Of(Sources))
            .Concat(Of(_statuses))
            .Concat(Of(_databases))
            .Concat(Of(_nodeDatabases))
            .Concat(Of(_sourceRecords))
            .Concat(Of(_nodeSources))
            .Concat(Of(_operations))
            .Concat(Of(_checks))
            .Concat(Of(_clocks))
            .Concat(Of(_runs))
            .Concat(Of(_runDue))
            .ToDictionary(u => u.Key, u => u.Value, StringComparer.Ordinal);

    /// <summary>Raised when <see cref="Unreadable"/> has another value. Must not block.</summary>
    public event Action? UnreadableFound;

    /// <summary>Adds the background loops of the state to a supervisor.</summary>
    public void RegisterLoops(Supervisor supervisor)
    {
        supervisor.AddExternal("state writer", () => Writer.Loop);
        Writer.ProblemChanged += supervisor.NotifyChanged;
        supervisor.AddExternal(Templates);
        supervisor.AddExternal(Tasks);
        supervisor.AddExternal(Destinations);
        supervisor.AddExternal(Sources);
        supervisor.AddExternal(_statuses);
        supervisor.AddExternal(_databases);
        supervisor.AddExternal(_nodeDatabases);
        if (_databasesOfAllNodes is not null)
        {
            supervisor.AddExternal(_databasesOfAllNodes);
        }
        supervisor.AddExternal(_sourceRecords);
        supervisor.AddExternal(_nodeSources);
        supervisor.AddExternal(Identities);
        supervisor.AddExternal(_operations);
        supervisor.AddExternal(_checks);
        supervisor.AddExternal(_clocks);
        supervisor.AddExternal(_runs);
        supervisor.AddExternal(_runDue);
    }

    /// <summary>Reads everything and follows changes from then on. Records of an earlier version are migrated first.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _migration.RunAsync(cancellationToken);
        await Task.WhenAll(
            Templates.StartAsync(cancellationToken),
            Tasks.StartAsync(cancellationToken),
            Destinations.StartAsync(cancellationToken),
            Identities.StartAsync(cancellationToken),
            Sources.StartAsync(cancellationToken),
            _statuses.StartAsync(cancellationToken),
            _databases.StartAsync(cancellationToken),
            _nodeDatabases.StartAsync(cancellationToken),
            _databasesOfAllNodes?.StartAsync(cancellationToken) ?? Task.CompletedTask,
            _sourceRecords.StartAsync(cancellationToken),
            _nodeSources.StartAsync(cancellationToken),
            _operations.StartAsync(cancellationToken),
            _checks.StartAsync(cancellationToken),
            _clocks.StartAsync(cancellationToken),
            _runs.StartAsync(cancellationToken),
            _runDue.StartAsync(cancellationToken)
        );
        Writer.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        // Concurrently, so that a store that hangs keeps none of them open. The container disposes the mirrors again, and waits for
        // those that have not been closed.
        await Task.WhenAll(
            Writer.DisposeAsync().AsTask(),
            Templates.DisposeAsync().AsTask(),
            Tasks.DisposeAsync().AsTask(),
            Destinations.DisposeAsync().AsTask(),
            Identities.DisposeAsync().AsTask(),
            Sources.DisposeAsync().AsTask(),
            _statuses.DisposeAsync().AsTask(),
            _databases.DisposeAsync().AsTask(),
            _nodeDatabases.DisposeAsync().AsTask(),
            _databasesOfAllNodes?.DisposeAsync().AsTask() ?? Task.CompletedTask,
            _sourceRecords.DisposeAsync().AsTask(),
            _nodeSources.DisposeAsync().AsTask(),
            _operations.DisposeAsync().AsTask(),
            _checks.DisposeAsync().AsTask(),
            _clocks.DisposeAsync().AsTask(),
            _runs.DisposeAsync().AsTask(),
            _runDue.DisposeAsync().AsTask()
        );
    }

    private static IEnumerable<KeyValuePair<string, HoldfastException>> Of<T>(StateMirror<T> mirror)
        where T : class => mirror.UnreadableItems.Select(u => KeyValuePair.Create(mirror.Prefix + u.Key, u.Value));

    private void NotifyWhenUnreadable<T>(StateMirror<T> mirror)
        where T : class => mirror.Unreadable += (_, _) => Subscribers.Notify(UnreadableFound);
}
