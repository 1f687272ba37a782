using Holdfast.Node.Alerts;
using Holdfast.Node.Catalog;
using Holdfast.Node.Destinations;
using Holdfast.Node.Retention;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Lifetime;

/// <summary>Starts and closes what the node keeps: state, catalog, trusted clock and open destinations.</summary>
/// <param name="state">The state.</param>
/// <param name="catalog">The catalog.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="changes">Reacts to changes of destinations.</param>
/// <param name="clock">The trusted clock.</param>
/// <param name="alerts">The alerts.</param>
/// <param name="supervisor">Shows how the state is stored and followed.</param>
public sealed class StorageLifetime(
    NodeState state,
    ICatalog catalog,
    DestinationRegistry destinations,
    DestinationChangeHandler changes,
    TrustedClockMonitor clock,
    AlertMonitor alerts,
    Supervisor supervisor
)
{
    /// <summary>Whether no other node uses the same state, so that everything in it is this node's own.</summary>
    public bool IsExclusive => state.Store.IsExclusive;

    /// <summary>Reads the state, and everything that is derived from it alone.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        clock.MarkStarted();
        state.RegisterLoops(supervisor);
        alerts.Subscribe(); // before the state is read: an unreadable value is an alert
        await state.StartAsync(cancellationToken);
        if (state.Statuses.Items.All(s => s.Value.Head is null))
        {
            catalog.ConfirmEmpty(); // no backup exists: a new catalog has lost nothing
        }
        changes.Start();
        clock.Start();
    }

    /// <summary>Stores pending changes.</summary>
    public Task FlushAsync() => state.Writer.FlushAsync(CancellationToken.None);

    /// <summary>
    /// Closes everything: the state last, because closing a destination or the catalog may still change it.
    /// </summary>
    public async Task CloseAsync(ShutdownSteps steps)
    {
        await steps.WaitAsync(destinations.DisposeAsync().AsTask(), "closing the destinations");
        await steps.WaitAsync(catalog.DisposeAsync().AsTask(), "closing the catalog");
        await steps.WaitAsync(state.DisposeAsync().AsTask(), "closing the state");
    }
}
