using Holdfast.Node.Alerts;
using Holdfast.Node.Backups.Comparing;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Supervision;
using Holdfast.Node.Verification;

namespace Holdfast.Node.Lifetime;

/// <summary>The loops that run as long as the node does. Alerts, metrics and the health check know them by their names.</summary>
/// <param name="scheduler">Starts backups that are due.</param>
/// <param name="alerts">Evaluates the alerts.</param>
/// <param name="verification">Verifies chains by schedule.</param>
/// <param name="comparison">Compares databases with their newest backups by schedule.</param>
/// <param name="destinations">The loops that look after the destinations.</param>
public sealed class BackgroundLoops(
    BackupScheduler scheduler,
    AlertMonitor alerts,
    VerificationScheduler verification,
    ComparisonScheduler comparison,
    DestinationLoops destinations
)
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMinutes(1);

    /// <summary>Starts them.</summary>
    public void Start(Supervisor supervisor)
    {
        supervisor.Start("scheduler", MaxInterval, scheduler.RunAsync, CancellationToken.None);
        supervisor.Start("alerts", MaxInterval, alerts.RunAsync, CancellationToken.None);
        supervisor.Start("verification", VerificationScheduler.CheckInterval, verification.RunAsync, CancellationToken.None);
        supervisor.Start("comparison", ComparisonScheduler.CheckInterval, comparison.RunAsync, CancellationToken.None);
        destinations.Start(supervisor);
    }
}
