using System.Threading.Channels;
using Holdfast.Api.Events;
using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;

namespace Holdfast.Server.Events;

/// <summary>
/// The events that wait for one listener. Only the latest event about each object is kept, so that a slow listener
/// receives fewer events instead of more and more late ones. The number of events is limited.
/// </summary>
internal sealed class EventSubscription(int maxWaiting)
{
    private const int MaxIds = 100;
    private const int MaxBatchSize = 500;

    private readonly Lock _gate = new();
    private readonly Channel<byte> _signal = Channel.CreateBounded<byte>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly Dictionary<string, ServerEvent> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _changed = new(StringComparer.Ordinal);
    private bool _mustReload;

    // A poll of the progress can arrive just after the operation has ended; it must not replace the event of its end.
    public void Add(Operation operation) =>
        Enqueue($"operation {operation.Id}", new("operation", operation), w =>
            operation.HasEnded || w.Data is not Operation { HasEnded: true }
        );

    public void Add(string state, Alert alert) => Enqueue($"alert {alert.Key}", new("alert", new AlertEvent(state, alert)));

    public void AddChanged(string name, IEnumerable<string> ids)
    {
        lock (_gate)
        {
            if (!_changed.TryGetValue(name, out var changed))
            {
                _changed[name] = changed = new(StringComparer.Ordinal);
            }
            foreach (var id in ids)
            {
                if (changed.Count > MaxIds)
                {
                    break; // one more than the event lists
                }
                changed.Add(id);
            }
        }

        _signal.Writer.TryWrite(0);
    }

    /// <summary>Removes and returns the waiting events, or some of them.</summary>
    public IReadOnlyList<ServerEvent> TakeBatch()
    {
        lock (_gate)
        {
            _signal.Reader.TryRead(out _);
            var events = new List<ServerEvent>();
            if (_mustReload)
            {
                events.Add(new("reload", new { }));
            }
            _mustReload = false;
            foreach (var (name, ids) in _changed)
            {
                events.Add(new(name, new ChangedEvent([.. ids.Take(MaxIds)], ids.Count > MaxIds)));
            }
            _changed.Clear();
            foreach (var (key, waiting) in _pending)
            {
                if (events.Count >= MaxBatchSize)
                {
                    break;
                }
                events.Add(waiting);
                _pending.Remove(key); // does not invalidate the enumeration
            }

            if (_pending.Count > 0)
            {
                _signal.Writer.TryWrite(0);
            }
            return events;
        }
    }

    /// <summary>Returns when an event is waiting.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _signal.Reader.WaitToReadAsync(cancellationToken);

    private void Enqueue(string key, ServerEvent added, Func<ServerEvent, bool>? replaces = null)
    {
        lock (_gate)
        {
            if (replaces is not null && _pending.TryGetValue(key, out var waiting) && !replaces(waiting))
            {
                return;
            }
            _pending[key] = added;
            if (_pending.Count > maxWaiting)
            {
                _pending.Clear();
                _mustReload = true;
            }
        }

        _signal.Writer.TryWrite(0);
    }
}
