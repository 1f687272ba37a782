using Holdfast.Core.Errors;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>Queues rebuildings of the catalog from a destination, after the data folder was lost.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="operation">Runs them.</param>
/// <param name="queue">The queue of all operations.</param>
public sealed class CatalogRebuildService(DestinationRegistry destinations, CatalogRebuildOperation operation, OperationQueue queue)
{
    /// <summary>Queues a rebuilding. If one from the same destination is queued or running, returns that one.</summary>
    /// <param name="job">What is asked for.</param>
    /// <param name="askedBy">The requesting user.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/> if there is no such destination; <see cref="ErrorCatalog.NotAllowed"/> if keys are given, which
    /// one that is queued or running already does not have, and while the node shuts down.
    /// </exception>
    public RunningOperation Rebuild(CatalogRebuildJob job, string askedBy)
    {
        if (destinations.Find(job.Destination) is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Destination '{job.Destination}' is not defined.",
                "List destinations with: GET /api/v1/destinations"
            );
        }
        var queued = queue.Add(CreateWorkItem(job), askedBy, out var isNew);
        return isNew || job.Keys.Count == 0
            ? queued
            : throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"Operation {queued.Id} already rebuilds the catalog from '{job.Destination}'. It does not use the keys given now.",
                "Abort it, or wait until it has ended."
            );
    }

    /// <summary>The work of a rebuilding that was queued when the node stopped.</summary>
    internal OperationWorkItem CreateWorkItem(CatalogRebuildJob job) => new CatalogRebuildWorkItem(job, operation);
}
