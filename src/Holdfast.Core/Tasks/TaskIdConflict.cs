namespace Holdfast.Core.Tasks;

/// <summary>A task that does not run because its id belongs to another task: ids of 40 bits can collide.</summary>
/// <param name="Task">The task.</param>
/// <param name="Owner">The task that owns the id.</param>
public sealed record TaskIdConflict(BackupTask Task, BackupTask Owner)
{
    /// <summary>
    /// Whether <paramref name="one"/> owns an id that <paramref name="other"/> has too: the older task does; ties are broken
    /// deterministically.
    /// </summary>
    public static bool HasPrecedence(BackupTask one, BackupTask other) =>
        one.ScheduledSince != other.ScheduledSince
            ? one.ScheduledSince < other.ScheduledSince
            : string.CompareOrdinal(Key(one), Key(other)) < 0;

    private static string Key(BackupTask task) => $"{task.Database}\n{task.TemplateId}";
}
