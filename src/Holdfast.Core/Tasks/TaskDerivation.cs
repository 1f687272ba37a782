using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Databases;

namespace Holdfast.Core.Tasks;

/// <summary>Derives tasks from templates: pure functions, so an edit applies to every database at once and ids never change.</summary>
public static class TaskDerivation
{
    /// <summary>Hexadecimal digits of the ids of new tasks: 80 bits, so collisions do not occur.</summary>
    public const int IdDigits = 20;

    private const int LegacyIdDigits = 10;

    /// <summary>
    /// Derives the task of <paramref name="template"/> for <paramref name="database"/>; null if the database is excluded.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="database">The database.</param>
    /// <param name="firstSeen">When the database was first discovered: slots before that do not count for it.</param>
    /// <param name="exclusions">The template's exclusions, compiled once for many databases.</param>
    public static BackupTask? Derive(Template template, DatabaseId database, DateTimeOffset firstSeen, Exclusions exclusions)
    {
        if (exclusions.Contains(database))
        {
            return null;
        }
        var hash = Hash(template.Id, database);
        return new()
        {
            Id = Convert.ToHexStringLower(hash.AsSpan(0, (template.TaskIdDigits ?? LegacyIdDigits) / 2)),
            Database = database,
            Name = TaskNames.Derived(template.Name),
            TemplateId = template.Id,
            Settings = template.Settings,
            Offset = GetSpreadOffset(template.Spread, hash),
            ScheduledSince = firstSeen > template.ScheduledSince ? firstSeen : template.ScheduledSince,
        };
    }

    /// <summary>Converts a regular task to the form that the scheduler and the runner use.</summary>
    public static BackupTask FromRegularTask(RegularTask task) =>
        new()
        {
            Id = task.Id,
            Database = task.Database,
            Name = task.Name,
            Settings = task.Settings,
            ScheduledSince = task.ScheduledSince,
            PreferredNode = task.PreferredNode,
        };

    private static byte[] Hash(string templateId, DatabaseId database) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{templateId}\n{database}"));

    // Whole seconds, deterministic for a task.
    private static TimeSpan GetSpreadOffset(TimeSpan spread, byte[] hash) =>
        spread < TimeSpan.FromSeconds(1) ? TimeSpan.Zero : TimeSpan.FromSeconds(BitConverter.ToUInt32(hash, 8) % (long)spread.TotalSeconds);
}
