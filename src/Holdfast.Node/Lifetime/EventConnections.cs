using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Runs;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Lifetime;

/// <summary>
/// Connects the services whose events cause work in others: databases become tasks, tasks are scheduled, operations belong to runs.
/// Each handler is guarded by the supervisor: it cannot end whoever raises the event, and its failure is an alert.
/// </summary>
/// <param name="supervisor">Guards the handlers.</param>
/// <param name="sources">The sources.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="scheduler">Decides when each task is due next.</param>
/// <param name="queue">The queue of all operations.</param>
/// <param name="operations">All operations.</param>
/// <param name="runs">The runs of server-wide backup tasks.</param>
public sealed class EventConnections(
    Supervisor supervisor,
    SourceRegistry sources,
    TaskRegistry tasks,
    BackupScheduler scheduler,
    OperationQueue queue,
    OperationStore operations,
    RunRegistry runs
)
{
    /// <summary>Connects them, and fills tasks and runs from the state.</summary>
    /// <param name="ofAllNodes">Whether runs of other tags count as this node's own.</param>
    public void Connect(bool ofAllNodes)
    {
        // Before the tasks are derived, so that each of them is scheduled.
        tasks.Changed += supervisor.Guard<IReadOnlyCollection<string>>("scheduling of changed tasks", scheduler.Reschedule);
        queue.Ended += supervisor.Guard<Operation>("scheduling after an operation", operation =>
            scheduler.Reschedule(operation.TaskId is { } task ? [task] : [])
        );
        sources.Changed += supervisor.Guard<DatabaseRecord>("tasks of found databases", tasks.Derive);
        sources.Ready += supervisor.Guard<string>("scheduling of a source", OnSourceReady);
        tasks.Start();
        // Before the runs are read, so that no operation that ends meanwhile is missed.
        operations.Changed += supervisor.Guard<Operation>("runs of operations", runs.RecordOperation);
        runs.Start(ofAllNodes);
        var createRuns = supervisor.Guard<RunRegistry>("runs of slots", registry => registry.CreateDueRuns());
        scheduler.IterationCompleted += () => createRuns(runs);
    }

    // Backups that became due while the source was not ready yet start now.
    private void OnSourceReady(string source)
    {
        queue.Pump();
        scheduler.Reschedule([.. tasks.All.Where(t => t.Database.Source == source).Select(t => t.Id)]);
    }
}
