using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Uploads;
using Holdfast.Node.Repairs;
using Holdfast.Node.Supervision;

namespace Holdfast.Node.Lifetime;

/// <summary>The loops that look after the destinations and what they store.</summary>
/// <param name="checks">Checks the destinations.</param>
/// <param name="unfinished">Removes what killed uploads left.</param>
/// <param name="audit">Compares the destinations with the catalog.</param>
/// <param name="repairs">Starts repairs of destinations that lack backups.</param>
public sealed class DestinationLoops(
    DestinationCheckLoop checks,
    UnfinishedUploadCleaner unfinished,
    CatalogAudit audit,
    RepairScheduler repairs
)
{
    /// <summary>Starts them.</summary>
    public void Start(Supervisor supervisor)
    {
        supervisor.Start("destinations", checks.Interval, checks.RunAsync, CancellationToken.None);
        supervisor.Start("unfinished uploads", UnfinishedUploadCleaner.CheckInterval, unfinished.RunAsync, CancellationToken.None);
        supervisor.Start("audit", CatalogAudit.CheckInterval, audit.RunAsync, CancellationToken.None);
        supervisor.Start("repairs", repairs.Interval, repairs.RunAsync, CancellationToken.None);
    }
}
