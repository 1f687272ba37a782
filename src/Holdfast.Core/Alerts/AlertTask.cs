using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Alerts;

/// <summary>A task as the rules of alerts look at it.</summary>
/// <param name="Task">The task.</param>
/// <param name="Status">What has become of it so far.</param>
/// <param name="Due">When it is due, or was; null for never.</param>
/// <param name="IsRunning">Whether a run of it is under way; one that waits for its turn is not.</param>
public readonly record struct AlertTask(BackupTask Task, TaskStatus Status, DateTimeOffset? Due, bool IsRunning);
