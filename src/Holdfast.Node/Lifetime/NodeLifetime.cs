using Holdfast.Node.Discovery;
using Holdfast.Node.Logging;

namespace Holdfast.Node.Lifetime;

/// <summary>
/// Starts and stops the whole node: the order of everything is here. Nothing runs before <see cref="StartAsync"/>. Dispose it after
/// <see cref="StopAsync"/>; disposing without stopping leaves everything as a crash would.
/// </summary>
/// <param name="storage">State, catalog and destinations.</param>
/// <param name="operations">Operations of the server before, and of this one.</param>
/// <param name="events">Which events cause what.</param>
/// <param name="sources">The sources.</param>
/// <param name="loops">The background loops and periodic jobs.</param>
/// <param name="log">The node's log.</param>
/// <param name="steps">Waits for the steps of stopping.</param>
public sealed class NodeLifetime(
    StorageLifetime storage,
    OperationLifetime operations,
    EventConnections events,
    SourceLifetime sources,
    LoopLifetime loops,
    NodeLog log,
    ShutdownSteps steps
) : IAsyncDisposable
{
    /// <summary>
    /// Starts the node. Sources are attached concurrently: it returns when the first discovery of each has ended, or after
    /// <see cref="NodeSettings.StartTimeout"/>. A source that fails does not make the start fail. Wait for all of them with
    /// <see cref="SourceRegistry.WaitUntilReadyAsync"/>.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // First the state: everything else is derived from it.
        await storage.StartAsync(cancellationToken);
        var isExclusive = storage.IsExclusive;

        // After the state has been read, because its contents are not news.
        log.Follow();

        // Before tasks are scheduled and runs are read: both must see interrupted backups as failed.
        operations.EndInterrupted(isExclusive);
        events.Connect(isExclusive);

        // When tasks follow the databases, because discovery finds databases from here on.
        sources.Attach(isExclusive);

        // Before the scheduler, which would start the same backups a second time.
        operations.ResumeQueued(isExclusive);
        loops.Start();

        // In the background: it must wait for no destination.
        operations.StartCleaning();

        // Last, so that a slow source delays nothing but the first answers of the API.
        await sources.WaitUntilReadyAsync(cancellationToken);
        log.Started();
    }

    /// <summary>
    /// Stops the node: running operations get the grace time, then are interrupted. Interrupted backups, and all that are queued, run
    /// at the next start.
    /// </summary>
    public async Task StopAsync()
    {
        log.Stopping();

        // First, while the loops still run: they store progress and evaluate alerts during the grace time.
        await operations.StopAsync();
        sources.Stop();
        await steps.WaitAsync(loops.StopAsync(), "the background loops");

        // When nothing changes the runs any more, and before the state is stored for the last time.
        operations.StoreRuns();
        await steps.WaitAsync(operations.Cleaning, "cleaning after a crash");
        await steps.WaitAsync(storage.FlushAsync(), "storing the state");
        log.Stopped();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The loops use the sources, and both use what is stored: so in this order. The container closes the same services after
        // this, without a time limit, which by then does nothing.
        await steps.WaitAsync(loops.CloseAsync(), "the background loops");
        await steps.WaitAsync(sources.CloseAsync(), "closing the sources");
        await storage.CloseAsync(steps);
    }
}
