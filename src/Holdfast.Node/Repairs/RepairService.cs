using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Repairs;

/// <summary>Queues repairs, which copy what a destination of a task lacks from another one.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="operation">Runs repairs.</param>
/// <param name="queue">The queue of all operations.</param>
public sealed class RepairService(TaskRegistry tasks, RepairOperation operation, OperationQueue queue)
{
    /// <summary>Number of queued and running repairs.</summary>
    public int Unfinished => queue.CountOf(JobLane.Repair);

    /// <summary>Queues a repair. If one of the task is already queued or running, returns that one.</summary>
    /// <param name="taskId">Id of the task.</param>
    /// <param name="allChains">Whether all chains are copied that retention keeps, not only the newest one.</param>
    /// <param name="askedBy">The requesting user; null for the schedule.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/> if there is no such task; <see cref="ErrorCatalog.Usage"/> if it has fewer than two
    /// destinations; <see cref="ErrorCatalog.NotAllowed"/> while the node shuts down.
    /// </exception>
    public RunningOperation Repair(string taskId, bool allChains, string? askedBy)
    {
        var task = tasks.Find(taskId)
            ?? throw new HoldfastException(ErrorCatalog.NotFound, $"There is no task '{taskId}'.", "List them with: holdfast task list");
        EnsureSeveral(task.Name, task.Settings);
        return queue.Add(CreateWorkItem(new(task.Database, taskId, allChains), task), askedBy, out _);
    }

    /// <summary>Queues a repair for each task of a template that has run.</summary>
    /// <param name="template">The template.</param>
    /// <param name="allChains">As for <see cref="Repair"/>.</param>
    /// <param name="askedBy">The requesting user.</param>
    /// <exception cref="HoldfastException">As for <see cref="Repair"/>.</exception>
    public IReadOnlyList<RunningOperation> RepairAll(Template template, bool allChains, string askedBy)
    {
        EnsureSeveral(template.Name, template.Settings);
        return [.. tasks.All.Where(t => t.TemplateId == template.Id).Select(t => Repair(t.Id, allChains, askedBy))];
    }

    /// <summary>Whether a repair of the task is queued or running.</summary>
    public bool IsQueued(string taskId) => queue.Find(RepairWorkItem.KeyOf(taskId)) is { HasEnded: false };

    /// <summary>The work of a repair that was queued when the node stopped.</summary>
    internal OperationWorkItem CreateWorkItem(RepairJob job, BackupTask task) => new RepairWorkItem(job, task, operation);

    private static void EnsureSeveral(string name, TaskSettings settings)
    {
        if (settings.Destinations.Count < 2)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"The task '{name}' has fewer than two destinations: there is nothing to copy from.",
                "Add a destination to the task."
            );
        }
    }
}
