using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Node.Alerts;
using Holdfast.Node.Destinations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Tasks;
using Holdfast.State;

namespace Holdfast.Server.Events;

/// <summary>Distributes the events of the node to all listeners. Does nothing while there are none.</summary>
internal sealed class EventHub
{
    private readonly ConcurrentDictionary<EventSubscription, byte> _subscriptions = new();
    private readonly EventOptions _options;

    public EventHub(
        OperationStore operations,
        TaskRegistry tasks,
        SourceRegistry sources,
        StateMirror<DestinationConfig> destinations,
        AlertMonitor alerts,
        EventOptions options
    )
    {
        _options = options;
        operations.Changed += operation => Publish(l => l.Add(operation));
        tasks.Changed += ids => Publish(l => l.AddChanged("tasks", ids));
        sources.Changed += database => Publish(l => l.AddChanged("databases", [database.Id.ToString()]));
        destinations.Changed += (name, _, _) => Publish(l => l.AddChanged("destinations", [name]));
        sources.StatusChanged += () => Publish(l => l.AddChanged("sources", []));
        alerts.Changed += changes =>
            Publish(l =>
            {
                foreach (var alert in changes.Resolved)
                {
                    l.Add("Ended", alert);
                }
                foreach (var alert in changes.Changed)
                {
                    l.Add("Altered", alert);
                }
                foreach (var alert in changes.Raised)
                {
                    l.Add("Raised", alert);
                }
            });
    }

    /// <summary>Adds a listener.</summary>
    /// <exception cref="HoldfastException">There are already too many listeners.</exception>
    public EventSubscription Subscribe()
    {
        if (_subscriptions.Count >= _options.MaxSubscriptions)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"There are already {_options.MaxSubscriptions} listeners.",
                "Close a page or program that listens to events, or poll instead: GET /api/v1/operations"
            );
        }
        var listener = new EventSubscription(_options.MaxPendingEvents);
        _subscriptions[listener] = 0;
        return listener;
    }

    /// <summary>Removes a listener.</summary>
    public void Unsubscribe(EventSubscription listener) => _subscriptions.TryRemove(listener, out _);

    private void Publish(Action<EventSubscription> add)
    {
        if (_subscriptions.IsEmpty)
        {
            return;
        }
        foreach (var (listener, _) in _subscriptions)
        {
            add(listener);
        }
    }
}
