using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>Queues restores that operators request.</summary>
/// <param name="sources">The sources of this node.</param>
/// <param name="finder">Finds backups.</param>
/// <param name="operation">Validates and runs restores.</param>
/// <param name="queue">The queue of all operations.</param>
public sealed class RestoreService(SourceRegistry sources, BackupFinder finder, RestoreOperation operation, OperationQueue queue)
{
    /// <summary>
    /// Queues the restore of a restore point as a new database. Predictable failures are reported at once; the operation reports
    /// the others.
    /// </summary>
    /// <param name="job">The restore.</param>
    /// <param name="askedBy">The requesting user.</param>
    /// <param name="cancellationToken">Stops the validation.</param>
    /// <exception cref="HoldfastException">
    /// The target exists or is being restored, its source is not on this node, or the location does not hold exactly one backup that
    /// can be meant.
    /// </exception>
    public async Task<RunningOperation> RestoreAsync(RestoreJob job, string askedBy, CancellationToken cancellationToken)
    {
        var monitor = sources.Find(job.Target.Source)
            ?? throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Source '{job.Target.Source}' is not configured on this node.",
                "Choose a source of GET /api/v1/sources."
            );
        await monitor.Acquire().DisposeAsync(); // throws if the source has another identity than the one that is known
        if (monitor.FindDatabase(job.Target.Name) is not null)
        {
            throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"Database '{job.Target}' already exists.",
                "A restore always creates a new database: use another name."
            );
        }
        await finder.ValidateAsync(job.From, cancellationToken);
        await operation.ValidateAsync(job.From, job.Point, cancellationToken);
        var queued = queue.Add(new RestoreWorkItem(job, operation), askedBy, out var isNew);
        return isNew
            ? queued
            : throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"Database '{job.Target}' is already being restored by operation {queued.Id}.",
                "Wait for that one, or use another name."
            );
    }
}
