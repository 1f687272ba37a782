using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Node;

namespace Holdfast.Server.Events;

/// <summary>Hands what happens on the node to all who listen. Costs nothing while nobody does.</summary>
internal sealed class EventHub
{
    private readonly ConcurrentDictionary<EventListener, byte> _listeners = new();
    private readonly EventOptions _options;

    public EventHub(HoldfastNode node, EventOptions options)
    {
        _options = options;
        node.Operations.Changed += operation => Each(l => l.Add(operation));
        node.Tasks.Changed += ids => Each(l => l.AddChanged("tasks", ids));
        node.Sources.Changed += database => Each(l => l.AddChanged("databases", [database.Id.ToString()]));
        node.State.Destinations.Changed += (name, _, _) => Each(l => l.AddChanged("destinations", [name]));
        node.Sources.StatusChanged += () => Each(l => l.AddChanged("sources", []));
        node.Alerts.Changed += changes =>
            Each(l =>
            {
                foreach (var alert in changes.Ended)
                {
                    l.Add("Ended", alert);
                }
                foreach (var alert in changes.Altered)
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
    /// <exception cref="HoldfastException">There are too many already.</exception>
    public EventListener Join()
    {
        if (_listeners.Count >= _options.MaxListeners)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"{_options.MaxListeners} listen already.",
                "Close a page or program that listens, or ask again and again instead: GET /api/v1/operations"
            );
        }
        var listener = new EventListener(_options.MaxWaiting);
        _listeners[listener] = 0;
        return listener;
    }

    /// <summary>Removes a listener.</summary>
    public void Leave(EventListener listener) => _listeners.TryRemove(listener, out _);

    private void Each(Action<EventListener> tell)
    {
        if (_listeners.IsEmpty)
        {
            return;
        }
        foreach (var (listener, _) in _listeners)
        {
            tell(listener);
        }
    }
}
