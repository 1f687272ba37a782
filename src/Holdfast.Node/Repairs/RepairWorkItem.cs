using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Repairs;

/// <summary>A repair in the queue.</summary>
/// <param name="job">What is asked for.</param>
/// <param name="task">The task.</param>
/// <param name="executor">Runs it.</param>
internal sealed class RepairWorkItem(RepairJob job, BackupTask task, RepairOperation executor) : OperationWorkItem
{
    /// <inheritdoc/>
    public override string Key => KeyOf(job.TaskId);

    /// <inheritdoc/>
    public override JobLane Lane => JobLane.Repair;

    /// <inheritdoc/>
    public override string Group => "repairs";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations => task.Settings.Destinations;

    /// <summary>The key of the repairs of a task: only one is queued or running at a time. Its backups run meanwhile.</summary>
    public static string KeyOf(string taskId) => $"repair {taskId}";

    /// <inheritdoc/>
    public override RunningOperation CreateOperation(OperationStore operations, string? askedBy) =>
        operations.Add(OperationKind.Repair, job.Database, task, null, askedBy, new() { AllChains = job.AllChains });

    /// <inheritdoc/>
    public override Task RunAsync(RunningOperation operation, Action written) => executor.RunAsync(job, operation);
}
