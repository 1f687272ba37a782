namespace Holdfast.Core.Tasks;

/// <summary>A task that does not run, because its id is another's: ids of 40 bits can be the same by chance.</summary>
/// <param name="Task">The task.</param>
/// <param name="Holder">The one that has the id.</param>
public sealed record TaskClash(BackupTask Task, BackupTask Holder)
{
    /// <summary>
    /// Whether <paramref name="one"/> keeps an id that <paramref name="other"/> has, too: the older one does, and of
    /// equally old ones always the same.
    /// </summary>
    public static bool IsBefore(BackupTask one, BackupTask other) =>
        one.ScheduledSince != other.ScheduledSince
            ? one.ScheduledSince < other.ScheduledSince
            : string.CompareOrdinal(Key(one), Key(other)) < 0;

    private static string Key(BackupTask task) => $"{task.Database}\n{task.TemplateId}";
}
