using System.Runtime.CompilerServices;
using Holdfast.Api.Events;
using Holdfast.Core.Operations;
using Holdfast.Node.Operations;

namespace Holdfast.Server.Events;

/// <summary>
/// The events of the node for one listener: only the latest of several events about the same object, at a rate that a
/// person can follow.
/// </summary>
public sealed class EventFeed : IEventFeed
{
    private const int MaxPolledOperations = 100;

    private readonly EventHub _hub;
    private readonly OperationStore _operations;
    private readonly EventOptions _options;
    private readonly TimeProvider _time;

    internal EventFeed(EventHub hub, OperationStore operations, EventOptions options, TimeProvider time) =>
        (_hub, _operations, _options, _time) = (hub, operations, options, time);

    /// <summary>
    /// Reads events until it is cancelled. Returns an empty batch after each <see
    /// cref="EventOptions.HeartbeatInterval"/> without events.
    /// </summary>
    /// <param name="progress">How often the progress of running operations is checked.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Core.Errors.HoldfastException">There are too many listeners.</exception>
    public async IAsyncEnumerable<IReadOnlyList<ServerEvent>> ListenAsync(
        TimeSpan progress,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var listener = _hub.Subscribe();
        try
        {
            var shown = new Dictionary<string, (string State, long Bytes)>(StringComparer.Ordinal);
            var beat = _time.GetTimestamp();
            while (!cancellationToken.IsCancellationRequested)
            {
                var quiet = _options.HeartbeatInterval - _time.GetElapsedTime(beat);
                await WaitAsync(listener, _operations.Running.Any() && progress < quiet ? progress : quiet, cancellationToken);
                PollRunningOperations(listener, shown);
                var events = listener.TakeBatch();
                var beats = _time.GetElapsedTime(beat) >= _options.HeartbeatInterval;
                if (beats)
                {
                    beat = _time.GetTimestamp();
                }
                if (beats || events.Count > 0)
                {
                    yield return events;
                }
                if (events.Count > 0)
                {
                    await Task.Delay(_options.MinBatchInterval, _time, cancellationToken);
                }
            }
        }
        finally
        {
            _hub.Unsubscribe(listener);
        }
    }

    private async Task WaitAsync(EventSubscription listener, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (longest <= TimeSpan.Zero)
        {
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(listener.WaitAsync(stop.Token), Task.Delay(longest, _time, stop.Token));
        await stop.CancelAsync();
    }

    // Operations raise events when they begin and end; their progress is polled.
    private void PollRunningOperations(EventSubscription listener, Dictionary<string, (string State, long Bytes)> shown)
    {
        foreach (
            var operation in _operations
                .Running.Take(MaxPolledOperations)
                .Select(l => l.Current)
                .Where(o => o.State == OperationState.Running)
                .ToList()
        )
        {
            var progress = operation.Progress;
            var now = (
                $"{operation.Phase} {string.Join(' ', progress.Outputs.Values)}",
                progress.DoneBytes + progress.StoredBytes.Values.Sum()
            );
            if (shown.TryGetValue(operation.Id, out var before) && before == now)
            {
                continue;
            }
            shown[operation.Id] = now;
            listener.Add(operation);
        }

        if (shown.Count > 2 * MaxPolledOperations)
        {
            shown.Clear();
        }
    }
}
