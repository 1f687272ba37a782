using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>Tasks and results for tests. The year 2027 begins on a Friday.</summary>
internal static class Some
{
    public static readonly DatabaseId Database = new("shop", "orders");
    public static readonly OperationError Locked = new("source-locked", "It is locked.", null);
    public static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    public static DateTimeOffset Utc(int month, int day, int hour = 0, int minute = 0, int year = 2027) =>
        new(year, month, day, hour, minute, 0, TimeSpan.Zero);

    public static BackupTask Task(
        string? full = null,
        string? incremental = null,
        string? zone = null,
        TimeSpan offset = default,
        DateTimeOffset? since = null
    ) =>
        new()
        {
            Id = "0123456789",
            Database = Database,
            Name = "Nightly",
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = full,
                IncrementalBackup = incremental,
                TimeZone = zone,
                Destinations = ["attic"],
            },
            Offset = offset,
            ScheduledSince = since ?? Utc(1, 1),
        };

    public static NextBackup? Next(this BackupTask task, TaskStatus status, DateTimeOffset now) =>
        Scheduler.GetNext(task, status, now, TimeZoneInfo.Utc);

    public static OperationResult Result(BackupKind kind) =>
        new()
        {
            Kind = kind,
            Type = BackupType.Snapshot,
            Destinations = new Dictionary<string, string?> { ["attic"] = null },
        };

    /// <summary>The status after a run that began at <paramref name="start"/> and took a minute.</summary>
    public static TaskStatus After(this TaskStatus status, BackupKind kind, DateTimeOffset start) =>
        TaskStatusTransitions.MarkSucceeded(
            TaskStatusTransitions.MarkStarted(status, kind, start),
            start,
            start.AddMinutes(1),
            Result(kind)
        );

    /// <summary>The status after a run that began at <paramref name="start"/> and failed within a minute.</summary>
    public static TaskStatus AfterFailure(this TaskStatus status, BackupKind kind, DateTimeOffset start) =>
        TaskStatusTransitions.MarkFailed(TaskStatusTransitions.MarkStarted(status, kind, start), kind, start, start.AddMinutes(1), Locked);
}
