using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Tasks;

/// <summary>Reads the statuses of tasks.</summary>
public static class TaskStatusExtensions
{
    /// <summary>The status of a task; <see cref="TaskStatus.NeverRun"/> if none is stored.</summary>
    /// <param name="statuses">The stored statuses, by task id.</param>
    /// <param name="taskId">Id of the task.</param>
    public static TaskStatus Of(this WriteBehindState<TaskStatus> statuses, string taskId) => statuses.Find(taskId) ?? TaskStatus.NeverRun;
}
