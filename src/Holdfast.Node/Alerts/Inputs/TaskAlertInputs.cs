using Holdfast.Core.Alerts;
using Holdfast.Node.Coverage;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>The tasks, and what is known of each.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="facts">What is known of each task.</param>
/// <param name="retention">Changes what the retention of a task waits for.</param>
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
