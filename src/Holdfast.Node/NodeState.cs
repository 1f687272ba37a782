using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Runs;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Definitions;
using Holdfast.Node.Discovery;
using Holdfast.Node.Retention;
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
    // Every part of the state, in any order. Filled by the constructor only.
    private readonly List<Part> _parts = [];
    private readonly NodeRecordMigration _migration;
    private readonly TimeProvider _time;
    private int _isDisposed;

    /// <summary>Creates the state; empty until <see cref="StartAsync"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="node">Tag of this node.</param>
    /// <param name="time">The clock.</param>
    public NodeState(IStateStore store, string node, TimeProvider time)
    {
        (Store, _time) = (store, time);
        _migration = new(store, node);
        Writer = new(store, time);
        Templates = Mirror<Template>("templates/");
        Tasks = Mirror<RegularTask>("tasks/");
        Destinations = Mirror<DestinationConfig>("destinations/");
        Identities = Mirror<ExpectedIdentity>("destination-identities/");
        Capabilities = Mirror<ProbedCapabilities>("destination-capabilities/");
        Sources = Mirror<SourceDefinition>("sources/");
        Statuses = WriteBehind<TaskStatus>("status/");
        Databases = new(
            WriteBehind<SharedDatabaseRecord>(NodeRecordMigration.Databases),
            WriteBehind<NodeDatabaseRecord>($"{NodeRecordMigration.NodeDatabases}{node}/"),
            // Values that cannot be read are reported by the node that stored them.
            store.IsExclusive
                ? null
                : Mirror<NodeDatabaseRecord>(NodeRecordMigration.NodeDatabases, reportsUnreadable: false),
            node
        );
        SourceRecords = WriteBehind<SourceRecord>(NodeRecordMigration.Sources);
        NodeSources = WriteBehind<NodeSourceRecord>($"{NodeRecordMigration.NodeSources}{node}/");
        Operations = WriteBehind<Operation>("operations/");
        Checks = WriteBehind<ChainCheck>("checks/");
        Clocks = WriteBehind<TrustedClock>("clock/");
        Expiring = WriteBehind<ExpiringChainList>("expiring/");
        Runs = WriteBehind<Run>("runs/");
        RunDue = WriteBehind<DueDatabaseChunk>("run-due/");
    }

    private sealed record Part(
        Action<Supervisor> Register,
        Func<CancellationToken, Task> StartAsync,
        Func<IEnumerable<KeyValuePair<string, HoldfastException>>> FindUnreadable,
        Func<ValueTask> CloseAsync
    );

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

    /// <summary>What tests of destinations found out, by name.</summary>
    public StateMirror<ProbedCapabilities> Capabilities { get; }

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

    /// <summary>The chains whose deletion has begun, by <c>DESTINATION/TASK</c>; see <see cref="ExpiringChains"/>.</summary>
    public WriteBehindState<ExpiringChainList> Expiring { get; }

    /// <summary>The trusted time of each node, by its tag; see <see cref="Retention.TrustedClockMonitor"/>.</summary>
    public WriteBehindState<TrustedClock> Clocks { get; }

    /// <summary>Values that cannot be read, by their keys in the store. Those that other nodes report are theirs to notice.</summary>
    public IReadOnlyDictionary<string, HoldfastException> Unreadable =>
        _parts.SelectMany(p => p.FindUnreadable()).ToDictionary(u => u.Key, u => u.Value, StringComparer.Ordinal);

    /// <summary>Raised when <see cref="Unreadable"/> has another value. Must not block.</summary>
    public event Action? UnreadableFound;

    /// <summary>Adds the background loops of the state to a supervisor.</summary>
    public void RegisterLoops(Supervisor supervisor)
    {
        supervisor.AddExternal("state writer", () => Writer.Loop);
        Writer.ProblemChanged += supervisor.NotifyChanged;
        _parts.ForEach(p => p.Register(supervisor));
    }

    /// <summary>Reads everything and follows changes from then on. Records of an earlier version are migrated first.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _migration.RunAsync(cancellationToken);
        await Task.WhenAll(_parts.Select(p => p.StartAsync(cancellationToken)));
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
        await Task.WhenAll(_parts.Select(p => p.CloseAsync().AsTask()).Append(Writer.DisposeAsync().AsTask()));
    }

    private WriteBehindState<T> WriteBehind<T>(string prefix)
        where T : class => new(Mirror<T>(prefix), Writer);

    private StateMirror<T> Mirror<T>(string prefix, bool reportsUnreadable = true)
        where T : class
    {
        var mirror = new StateMirror<T>(Store, prefix, _time);
        if (reportsUnreadable)
        {
            mirror.Unreadable += (_, _) => Subscribers.Notify(UnreadableFound);
        }
        _parts.Add(
            new(
                supervisor => supervisor.AddExternal(mirror),
                mirror.StartAsync,
                () => reportsUnreadable ? mirror.UnreadableItems.Select(u => KeyValuePair.Create(prefix + u.Key, u.Value)) : [],
                mirror.DisposeAsync
            )
        );
        return mirror;
    }
}
