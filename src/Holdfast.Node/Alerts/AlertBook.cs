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
/// <param name="look">Gives the node's state as it is now, with what was reported.</param>
/// <param name="interval">How long from one look to the next at least.</param>
/// <param name="time">The clock.</param>
public sealed class AlertBook(Func<IReadOnlyList<Alert>, AlertSnapshot> look, TimeSpan interval, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Alert> _reported = new(StringComparer.Ordinal);
    private readonly Channel<byte> _touched = Channel.CreateBounded<byte>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<Alert> _items = [];

    /// <summary>Told what came, changed and went. Must not block.</summary>
    public event Action<AlertChanges>? Changed;

    /// <summary>Those that stand: the gravest first, of these the oldest first.</summary>
    public IReadOnlyList<Alert> Items => _items;

    /// <summary>Something has changed that alerts are about. Costs next to nothing.</summary>
    public void Touch() => _touched.Writer.TryWrite(0);

    /// <summary>Takes an alert that the state does not tell; it stands until <see cref="Withdraw"/>.</summary>
    public void Report(Alert alert)
    {
        _reported[alert.Key] = alert;
        Touch();
    }

    /// <summary>Takes back what was reported under a key.</summary>
    public void Withdraw(string key)
    {
        if (_reported.TryRemove(key, out _))
        {
            Touch();
        }
    }

    /// <summary>Looks now. Where the rules fail, what stands goes on standing, with an alert of that; then it is thrown.</summary>
    public void Look()
    {
        lock (_gate)
        {
            try
            {
                Show(AlertRules.Find(look([.. _reported.Values])));
            }
            catch (Exception e)
            {
                var problem = e is HoldfastException known
                    ? OperationError.Of(known)
                    : new(ErrorCatalogue.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", null);
                var broken = AlertRules.Broken(time.GetUtcNow(), problem);
                Show([.. _items.Where(i => i.Key != broken.Key), broken]);
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
            _touched.Reader.TryRead(out _);
            Look();
            loop.Beat();
            await Task.Delay(interval, time, cancellationToken);
            await WaitAsync(cancellationToken);
        }
    }

    // Under the lock, so that they are told in their order.
    private void Show(IEnumerable<Alert> found)
    {
        var changes = AlertChanges.Between(_items, found);
        _items = changes.Items;
        if (changes.Any)
        {
            Subscribers.Notify(Changed, changes);
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_touched.Reader.WaitToReadAsync(stop.Token).AsTask(), Task.Delay(Longest, time, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
