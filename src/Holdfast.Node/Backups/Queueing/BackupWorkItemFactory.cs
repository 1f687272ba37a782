using Holdfast.Node.Discovery;

namespace Holdfast.Node.Backups.Queueing;

/// <summary>Creates the work items of backups; the size of the database determines the lane.</summary>
/// <param name="operation">Runs the backup.</param>
/// <param name="sizes">Sizes of databases.</param>
public sealed class BackupWorkItemFactory(BackupOperation operation, DatabaseSizes sizes)
{
    /// <summary>Creates the work item of a job.</summary>
    internal BackupWorkItem Create(BackupJob job) => new(job, operation, BackupBatch.LaneOf(sizes.Of(job.Database)));
}
