using Holdfast.Core.Operations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups.Queueing;

/// <summary>A backup in the queue.</summary>
/// <param name="job">The backup.</param>
/// <param name="executor">Runs the backup.</param>
/// <param name="lane">The lane, by the size of its database.</param>
internal sealed class BackupWorkItem(BackupJob job, BackupOperation executor, JobLane lane) : OperationWorkItem
{
    /// <summary>The backup.</summary>
    public BackupJob Job => job;

    /// <summary>The task's status before the backup started; null while it has not.</summary>
    public TaskStatus? StatusBefore { get; set; }

    /// <inheritdoc/>
    public override string Key => job.Key;

    // The task's chains: a deletion of one of them waits for the backup, and the backup for the deletion.
    /// <inheritdoc/>
    public override string ExclusiveKey => job.Key;

    /// <inheritdoc/>
    public override JobLane Lane => lane;

    /// <inheritdoc/>
    public override string Group => job.Group;

    /// <inheritdoc/>
    public override string Source => job.Database.Source;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations { get; } = [.. job.Settings.Destinations.Distinct(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override RunningOperation CreateOperation(OperationStore operations, string? askedBy) =>
        operations.Add(
            OperationKind.Backup,
            job.Database,
            job.Task,
            job.Kind,
            askedBy,
            job.Task is null ? new() { Settings = job.Settings } : null,
            job.RunId
        );

    /// <inheritdoc/>
    public override Task RunAsync(RunningOperation operation, Action written) => executor.RunAsync(this, operation, written);

    /// <inheritdoc/>
    public override void Terminate(RunningOperation operation, StopReason reason) => executor.Terminate(this, operation, reason);
}
