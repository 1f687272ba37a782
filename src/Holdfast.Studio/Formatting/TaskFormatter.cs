using System.Globalization;
using Holdfast.Api.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats tasks, and the data at risk of a database.</summary>
public static class TaskFormatter
{
    private const string Prefix = "Server Wide Backup, ";

    /// <summary>Names of tasks, abbreviated for a column: <c>nightly</c>, <c>nightly + 2</c>.</summary>
    public static string AbbreviateNames(IReadOnlyList<string> names)
    {
        var first = names[0].StartsWith(Prefix, StringComparison.Ordinal) ? names[0][Prefix.Length..] : names[0];
        return names.Count == 1 ? first : $"{first} + {names.Count - 1}";
    }

    /// <summary>
    /// What would be lost if the database were lost now: everything, or the changes since its last good backup, as the age of
    /// that backup.
    /// </summary>
    public static string DataAtRisk(DatabaseView database, DateTimeOffset now) =>
        database.Dropped is not null ? "–"
        : database.LastBackup is { } last ? DisplayFormat.Span(now - last)
        : "everything";

    /// <summary>Whether a task with this name is server-wide.</summary>
    public static bool IsServerWide(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A backup type.</summary>
    public static string Type(BackupType type) => type == BackupType.Backup ? "Backup (logical)" : "Snapshot";

    /// <summary>What archives are encrypted with.</summary>
    public static string Encryption(ArchiveEncryption mode) =>
        mode switch
        {
            ArchiveEncryption.None => "not encrypted",
            ArchiveEncryption.DatabaseKey => "key of the database",
            ArchiveEncryption.DatabasePages => "not encrypted; the pages are, with the key of the database",
            _ => "key or recipients of the task",
        };

    /// <summary>The schedules of a task: <c>full every Sunday at 02:00, incremental daily at 02:00</c>.</summary>
    public static string Schedule(TaskDefinition definition)
    {
        (string Kind, string? Cron)[] schedules = [("full", definition.FullBackup), ("incremental", definition.IncrementalBackup)];
        return string.Join(", ", schedules.Where(s => s.Cron is not null).Select(s => $"{s.Kind} {Cron(s.Cron!)}"))
            + (definition.TimeZone is { } zone ? $" ({zone})" : "");
    }

    /// <summary>How long backups are kept.</summary>
    public static string Retention(TaskDefinition definition) =>
        definition.Retention is { } retention
            ? string.Create(CultureInfo.InvariantCulture, $"kept for {retention.MinimumAgeDays:0.##} days") + OwnAges(retention)
            : "kept forever";

    private static string OwnAges(RetentionDefinition retention) =>
        string.Concat(
            (retention.Destinations ?? new Dictionary<string, double>())
                .OrderBy(d => d.Key, StringComparer.Ordinal)
                .Select(d => string.Create(CultureInfo.InvariantCulture, $", {d.Value:0.##} at {d.Key}"))
        );

    /// <summary>How often chains are verified.</summary>
    public static string Verification(TaskDefinition definition) =>
        definition.VerifyEveryDays is { } days
            ? string.Create(CultureInfo.InvariantCulture, $"each chain every {days} days")
            : "manual only";

    /// <summary>A cron expression in words; unchanged if it is not valid.</summary>
    public static string Cron(string cron) => CronSchedule.TryParse(cron, TimeZoneInfo.Utc, out var schedule) ? schedule.Describe() : cron;
}
