using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.Node.Places;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>Everything that the nodes keep in the state store, as this node sees it. What operators define is stored before it is acknowledged; what nodes report is stored in the background.</summary>
public sealed class NodeState : IAsyncDisposable
{
    private readonly StateMirror<TaskStatus> _statuses;
    private readonly StateMirror<DatabaseRecord> _databases;
    private readonly StateMirror<Operation> _operations;
    private readonly StateMirror<ChainCheck> _checks;

    /// <summary>Makes it; empty until <see cref="StartAsync"/>.</summary>
    public NodeState(IStateStore store, TimeProvider time)
    {
        Store = store;
        Writer = new(store, time);
        Templates = new(store, "templates/", time);
        Tasks = new(store, "tasks/", time);
        Destinations = new(store, "destinations/", time);
        Sources = new(store, "sources/", time);
        _statuses = new(store, "status/", time);
        _databases = new(store, "databases/", time);
        _operations = new(store, "operations/", time);
        _checks = new(store, "checks/", time);
        Statuses = new(_statuses, Writer);
        Databases = new(_databases, Writer);
        Operations = new(_operations, Writer);
        Checks = new(_checks, Writer);
        Tell(Templates);
        Tell(Tasks);
        Tell(Destinations);
        Tell(Sources);
        Tell(_statuses);
        Tell(_databases);
        Tell(_operations);
        Tell(_checks);
    }

    /// <summary>The store.</summary>
    public IStateStore Store { get; }

    /// <summary>Stores what nodes report.</summary>
    public StateWriter Writer { get; }

    /// <summary>Server-wide backup tasks, by id.</summary>
    public StateMirror<Template> Templates { get; }

    /// <summary>Regular tasks, by id.</summary>
    public StateMirror<RegularTask> Tasks { get; }

    /// <summary>Destinations, by name.</summary>
    public StateMirror<DestinationConfig> Destinations { get; }

    /// <summary>Sources that were defined over the API, by name.</summary>
    public StateMirror<SourceDefinition> Sources { get; }

    /// <summary>What has become of each task, by its id.</summary>
    public StateRecords<TaskStatus> Statuses { get; }

    /// <summary>Databases, by id.</summary>
    public StateRecords<DatabaseRecord> Databases { get; }

    /// <summary>Operations, by id.</summary>
    public StateRecords<Operation> Operations { get; }

    /// <summary>What verifying chains has found; see <see cref="Restores.ChainChecks"/>.</summary>
    public StateRecords<ChainCheck> Checks { get; }

    /// <summary>Values that cannot be read, by their keys in the store.</summary>
    public IReadOnlyDictionary<string, HoldfastException> Unreadable =>
        Of(Templates, "templates/").Concat(Of(Tasks, "tasks/")).Concat(Of(Destinations, "destinations/")).Concat(Of(Sources, "sources/")).Concat(Of(_statuses, "status/")).Concat(Of(_databases, "databases/")).Concat(Of(_operations, "operations/")).Concat(Of(_checks, "checks/"))
            .ToDictionary(u => u.Key, u => u.Value, StringComparer.Ordinal);

    /// <summary>Told when <see cref="Unreadable"/> got another one. Must not block.</summary>
    public event Action? UnreadableFound;

    /// <summary>Reads everything and follows it from then on.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            Templates.StartAsync(cancellationToken), Tasks.StartAsync(cancellationToken), Destinations.StartAsync(cancellationToken), Sources.StartAsync(cancellationToken),
            _statuses.StartAsync(cancellationToken), _databases.StartAsync(cancellationToken), _operations.StartAsync(cancellationToken), _checks.StartAsync(cancellationToken));
        Writer.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Templates.DisposeAsync();
        await Tasks.DisposeAsync();
        await Destinations.DisposeAsync();
        await Sources.DisposeAsync();
        await _statuses.DisposeAsync();
        await _databases.DisposeAsync();
        await _operations.DisposeAsync();
        await _checks.DisposeAsync();
    }

    private static IEnumerable<KeyValuePair<string, HoldfastException>> Of<T>(StateMirror<T> mirror, string prefix)
        where T : class => mirror.UnreadableItems.Select(u => KeyValuePair.Create(prefix + u.Key, u.Value));

    private void Tell<T>(StateMirror<T> mirror)
        where T : class => mirror.Unreadable += (_, _) => UnreadableFound?.Invoke();
}
