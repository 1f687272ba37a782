using Holdfast.Node.Alerts;
using Holdfast.Node.Catalog;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Retention;
using Holdfast.Node.Runs;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Lifetime;

/// <summary>Small jobs that run repeatedly while the node runs. Alerts and metrics know them by their names.</summary>
/// <param name="operations">Stores the progress of operations.</param>
/// <param name="runs">Stores the runs.</param>
/// <param name="queue">Ends operations that make no progress.</param>
/// <param name="clock">The trusted clock, which is stored.</param>
/// <param name="probe">Checks the state store.</param>
/// <param name="catalog">Checks its own file.</param>
/// <param name="alerts">Evaluated again when a loop stalls.</param>
public sealed class PeriodicJobs(
    OperationStore operations,
    RunRegistry runs,
    OperationQueue queue,
    TrustedClockMonitor clock,
    StateStoreProbe probe,
    ICatalog catalog,
    AlertMonitor alerts
)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchdogInterval = TimeSpan.FromMinutes(1);

    /// <summary>Starts them.</summary>
    public void Start(Supervisor supervisor)
    {
        supervisor.StartPeriodic("progress", ProgressInterval, _ => StoreProgressAsync(), CancellationToken.None);
        supervisor.StartPeriodic("clock", TrustedClockMonitor.Interval, _ => clock.StoreAsync(), CancellationToken.None);
        supervisor.StartPeriodic("watchdog", WatchdogInterval, _ => ReportStuckAsync(supervisor), CancellationToken.None);
        supervisor.StartPeriodic("state file", StateStoreProbe.Interval, probe.CheckAsync, CancellationToken.None);
        supervisor.StartPeriodic("catalog file", StateStoreProbe.Interval, _ => CheckCatalogFileAsync(), CancellationToken.None);
    }

    private async Task StoreProgressAsync()
    {
        operations.StoreProgress();
        runs.Store();
        await queue.EndStalledAsync();
        operations.Prune();
    }

    // The log reports a stalled loop even if it is the alert loop.
    private Task ReportStuckAsync(Supervisor supervisor)
    {
        supervisor.LogStuck();
        alerts.Invalidate();
        return Task.CompletedTask;
    }

    private Task CheckCatalogFileAsync()
    {
        catalog.CheckFile();
        return Task.CompletedTask;
    }
}
