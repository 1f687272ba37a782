using System.Globalization;
using Holdfast.Api.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Formatting;

/// <summary>Tasks and what they leave at risk, in words.</summary>
public static class TaskFormatter
{
    private const string Prefix = "Server Wide Backup, ";

    /// <summary>Names of tasks, as short as a column: <c>nightly (server-wide)</c>, <c>nightly (server-wide) + 2</c>.</summary>
    public static string AbbreviateNames(IReadOnlyList<string> names)
    {
        var first = names[0].StartsWith(Prefix, StringComparison.Ordinal) ? $"{names[0][Prefix.Length..]} (server-wide)" : names[0];
        return names.Count == 1 ? first : $"{first} + {names.Count - 1}";
    }

    /// <summary>What would be lost if the database were lost now: all of it, or what was written since its last good backup.</summary>
    public static string DataAtRisk(DatabaseView database, DateTimeOffset now) =>
        database.Dropped is not null ? "–"
        : database.LastBackup is { } last ? DisplayFormat.Span(now - last)
        : "everything";

    /// <summary>Whether a name is that of a server-wide task.</summary>
    public static bool IsServerWide(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A type of backup, as columns name it.</summary>
    public static string Type(BackupType type) => type == BackupType.Backup ? "Backup (logical)" : "Snapshot";

    /// <summary>What an archive is encrypted with.</summary>
    public static string Encryption(ArchiveEncryption mode) =>
        mode switch
        {
            ArchiveEncryption.None => "nothing",
            ArchiveEncryption.DatabaseKey => "the database's own key",
            ArchiveEncryption.DatabasePages => "the database's own key (its pages are)",
            _ => "the task's key or recipients",
        };

    /// <summary>Schedules in words: <c>full every Sunday at 02:00, incremental daily at 02:00</c>.</summary>
    public static string Schedule(TaskDefinition definition)
    {
        (string Kind, string? Cron)[] schedules = [("full", definition.FullBackup), ("incremental", definition.IncrementalBackup)];
        return string.Join(", ", schedules.Where(s => s.Cron is not null).Select(s => $"{s.Kind} {Cron(s.Cron!)}"))
            + (definition.TimeZone is { } zone ? $" ({zone})" : "");
    }

    /// <summary>How long backups are kept.</summary>
    public static string Retention(TaskDefinition definition) =>
        definition.Retention is { } retention
            ? string.Create(CultureInfo.InvariantCulture, $"kept {retention.MinimumAgeDays:0.##} days")
            : "kept for ever";

    /// <summary>How often chains are verified.</summary>
    public static string Verification(TaskDefinition definition) =>
        definition.VerifyEveryDays is { } days
            ? string.Create(CultureInfo.InvariantCulture, $"each chain every {days} days")
            : "by hand only";

    /// <summary>A cron expression in words, or as it is.</summary>
    public static string Cron(string cron) => CronSchedule.TryParse(cron, TimeZoneInfo.Utc, out var schedule) ? schedule.Describe() : cron;
}
