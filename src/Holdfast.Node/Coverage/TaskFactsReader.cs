using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Coverage;

/// <summary>Collects the facts about a task.</summary>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="scheduler">Knows when each task is due next.</param>
/// <param name="queue">Knows which tasks are running.</param>
/// <param name="catalog">Known problems of the tasks' backups.</param>
/// <param name="destinations">Knows which destinations are unavailable.</param>
public sealed class TaskFactsReader(
    WriteBehindState<TaskStatus> statuses,
    BackupScheduler scheduler,
    OperationQueue queue,
    ICatalog catalog,
    DestinationRegistry destinations
)
{
    /// <summary>The facts of a task.</summary>
    public TaskFacts Read(BackupTask task) =>
        new(
            task,
            statuses.Of(task.Id),
            scheduler.NextOf(task.Id)?.At,
            queue.Find(task.Id)?.Current.State == OperationState.Running,
            catalog.KnownProblemsOf(task.Id, task.Database),
            destinations.Unavailable
        );
}
