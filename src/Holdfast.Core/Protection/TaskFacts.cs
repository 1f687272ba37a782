using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Protection;

/// <summary>Everything known about one task of one database when its protection is evaluated.</summary>
/// <param name="Task">The task.</param>
/// <param name="Status">Its status.</param>
/// <param name="DueAt">When it is or was due; null if it never is.</param>
/// <param name="IsRunning">Whether it is running; a queued run does not count.</param>
/// <param name="KnownProblems">Known problems with its backups; null if there are none.</param>
/// <param name="UnavailableDestinations">
/// Destinations that currently have another identity or none, for example because a mount is missing, so their backups cannot be read. Null
/// if there are none.
/// </param>
public readonly record struct TaskFacts(
    BackupTask Task,
    TaskStatus Status,
    DateTimeOffset? DueAt = null,
    bool IsRunning = false,
    KnownBackupProblems? KnownProblems = null,
    IReadOnlySet<string>? UnavailableDestinations = null
);
