using Holdfast.Node.Discovery;

namespace Holdfast.Node.Backups.Queueing;

/// <summary>Makes the queue's work item of a backup; the size of the database decides on the lane.</summary>
/// <param name="operation">Runs it.</param>
/// <param name="sizes">Sizes of databases.</param>
public sealed class BackupWorkItemFactory(BackupOperation operation, DatabaseSizes sizes)
{
    /// <summary>Makes the work item of a job.</summary>
    internal BackupWorkItem Create(BackupJob job) => new(job, operation, BackupBatch.LaneOf(sizes.Of(job.Database)));
}
