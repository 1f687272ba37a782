namespace Holdfast.Core.Tasks;

/// <summary>A task that does not run, because its id is another's: ids of 40 bits can be the same by chance.</summary>
/// <param name="Task">The task.</param>
/// <param name="Owner">The one that has the id.</param>
public sealed record TaskIdConflict(BackupTask Task, BackupTask Owner)
{
    /// <summary>
    /// Whether <paramref name="one"/> keeps an id that <paramref name="other"/> has, too: the older one does, and of
    /// equally old ones always the same.
    /// </summary>
    public static bool HasPrecedence(BackupTask one, BackupTask other) =>
        one.ScheduledSince != other.ScheduledSince
            ? one.ScheduledSince < other.ScheduledSince
            : string.CompareOrdinal(Key(one), Key(other)) < 0;

    private static string Key(BackupTask task) => $"{task.Database}\n{task.TemplateId}";
}
