using System.Collections.Concurrent;
using System.Threading.Channels;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Alerts;

/// <summary>
/// The alerts that stand. They are looked for when something has changed, and once a minute, for some come by time
/// alone; never more often than the interval allows.
/// </summary>
/// <param name="snapshots">Captures what the rules evaluate.</param>
/// <param name="interval">How long from one look to the next at least.</param>
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

    /// <summary>Told what came, changed and went. Must not block.</summary>
    public event Action<AlertChanges>? Changed;

    /// <summary>Those that stand: the gravest first, of these the oldest first.</summary>
    public IReadOnlyList<Alert> Active => _items;

    /// <summary>Invalidates the alerts from now on whenever something changes that the rules evaluate.</summary>
    public void Subscribe() => snapshots.Subscribe(this);

    /// <summary>Something has changed that alerts are about. Costs next to nothing.</summary>
    public void Invalidate() => _invalidated.Writer.TryWrite(0);

    /// <summary>Takes an alert that the state does not tell; it stands until <see cref="Withdraw"/>.</summary>
    public void Report(Alert alert)
    {
        _reported[alert.Key] = alert;
        Invalidate();
    }

    /// <summary>Takes back what was reported under a key.</summary>
    public void Withdraw(string key)
    {
        if (_reported.TryRemove(key, out _))
        {
            Invalidate();
        }
    }

    /// <summary>Looks now. Where the rules fail, what stands goes on standing, with an alert of that; then it is thrown.</summary>
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
                    : new(ErrorCatalogue.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", null);
                var broken = AlertRules.CreateEvaluationFailure(time.GetUtcNow(), problem);
                Publish([.. _items.Where(i => i.Key != broken.Key), broken]);
                throw;
            }
        }
    }

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="loop">Told of each look.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Before the look, so that what changes meanwhile is looked at again.
            _invalidated.Reader.TryRead(out _);
            Evaluate();
            loop.CompleteIteration();
            await Task.Delay(interval, time, cancellationToken);
            await WaitForChangeAsync(cancellationToken);
        }
    }

    // Under the lock, so that they are told in their order.
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
