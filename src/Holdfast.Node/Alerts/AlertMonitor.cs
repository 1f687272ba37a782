using System.Collections.Concurrent;
using System.Threading.Channels;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Alerts;

/// <summary>
/// Active alerts. Re-evaluated on change, and every minute because some depend only on time; never more often than the interval
/// allows.
/// </summary>
/// <param name="snapshots">Captures what the rules evaluate.</param>
/// <param name="interval">Minimum time between two evaluations.</param>
/// <param name="time">The clock.</param>
public sealed class AlertMonitor(AlertSnapshotBuilder snapshots, TimeSpan interval, TimeProvider time)
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Alert> _reported = new(StringComparer.Ordinal);
    private readonly Channel<byte> _invalidated = Channel.CreateBounded<byte>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<Alert> _items = [];

    /// <summary>Raised with the alerts that were added, changed and removed. Must not block.</summary>
    public event Action<AlertChanges>? Changed;

    /// <summary>Active alerts, the most severe first, the oldest first among equals.</summary>
    public IReadOnlyList<Alert> Active => _items;

    /// <summary>Starts to invalidate the alerts whenever something changes that the rules evaluate.</summary>
    public void Subscribe() => snapshots.Subscribe(this);

    /// <summary>Requests a new evaluation. Costs next to nothing.</summary>
    public void Invalidate() => _invalidated.Writer.TryWrite(0);

    /// <summary>Reports an alert that cannot be derived from the state; it stays active until <see cref="Withdraw"/>.</summary>
    public void Report(Alert alert)
    {
        _reported[alert.Key] = alert;
        Invalidate();
    }

    /// <summary>Withdraws the alert that was reported with a key.</summary>
    public void Withdraw(string key)
    {
        if (_reported.TryRemove(key, out _))
        {
            Invalidate();
        }
    }

    /// <summary>
    /// Evaluates the rules now. If they fail, the active alerts stay, an alert reports the failure, and the exception is rethrown.
    /// </summary>
    public void Evaluate()
    {
        lock (_gate)
        {
            try
            {
                Publish(AlertRules.Evaluate(snapshots.Capture([.. _reported.Values])));
            }
            catch (Exception e)
            {
                var problem = e is HoldfastException known
                    ? OperationError.From(known)
                    : new(ErrorCatalog.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", null);
                var broken = AlertRules.CreateEvaluationFailure(time.GetUtcNow(), problem);
                Publish([.. _items.Where(i => i.Key != broken.Key), broken]);
                throw;
            }
        }
    }

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each evaluation.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Reset before the evaluation, so that a change during it causes another one.
            _invalidated.Reader.TryRead(out _);
            Evaluate();
            loop.CompleteIteration();
            await Task.Delay(interval, time, cancellationToken);
            await WaitForChangeAsync(cancellationToken);
        }
    }

    // Raised while the lock is held, so that subscribers receive the changes in order.
    private void Publish(IEnumerable<Alert> found)
    {
        var changes = AlertChanges.Compare(_items, found);
        _items = changes.Items;
        if (changes.HasChanges)
        {
            Subscribers.Notify(Changed, changes);
        }
    }

    private async Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_invalidated.Reader.WaitToReadAsync(stop.Token).AsTask(), Task.Delay(MaxInterval, time, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
