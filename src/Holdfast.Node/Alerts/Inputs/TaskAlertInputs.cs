using Holdfast.Core.Alerts;
using Holdfast.Node.Coverage;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>The tasks and the facts of each.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="facts">The facts of each task.</param>
/// <param name="retention">Retention, which reports when a task has something to approve.</param>
public sealed class TaskAlertInputs(TaskRegistry tasks, TaskFactsReader facts, RetentionService retention) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts)
    {
        tasks.Changed += _ => alerts.Invalidate();
        retention.Ended += alerts.Invalidate;
    }

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            Tasks = [.. tasks.All.Select(facts.Read)],
            TaskIdConflicts = tasks.IdConflicts,
        };
}
