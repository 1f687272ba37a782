using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Protection;

/// <summary>All that is known of one task of one database when its state is decided.</summary>
/// <param name="Task">The task.</param>
/// <param name="Status">What has become of it so far.</param>
/// <param name="DueAt">When it is due, or was; null for never.</param>
/// <param name="IsRunning">Whether a run of it is under way; one that waits for its turn is not.</param>
/// <param name="KnownProblems">What is known against its backups; null for nothing.</param>
/// <param name="UnavailableDestinations">
/// Destinations that are not the ones that were defined now, as where a mount is missing: what they hold cannot be had.
/// Null for none.
/// </param>
public readonly record struct TaskFacts(
    BackupTask Task,
    TaskStatus Status,
    DateTimeOffset? DueAt = null,
    bool IsRunning = false,
    KnownBackupProblems? KnownProblems = null,
    IReadOnlySet<string>? UnavailableDestinations = null
);
