using System.Globalization;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Protection;

/// <summary>
/// Describes the reason for a task's protection state. Created on demand, because lists of thousands of tasks show only a few reasons.
/// </summary>
internal static class ProtectionReasons
{
    public static string Describe(TaskProtection task) =>
        task.State switch
        {
            ProtectionState.Failing => Failing(task),
            ProtectionState.Waiting => task.Facts.DueAt is { } due
                ? $"There is no backup yet; the first is due at {Utc(due)}."
                : "There is no backup yet, and none is due.",
            ProtectionState.Overdue => $"A backup was due at {Utc(task.Facts.DueAt!.Value)} and has not started.",
            ProtectionState.Held => $"An operator postponed its backups until {Utc(task.Facts.Status.DelayedUntil!.Value)}. "
                + $"{LastGood(task)}",
            ProtectionState.AtRisk => AtRisk(task),
            ProtectionState.Incomplete => $"The newest backup, from {Utc(task.LastGoodBackup!.Value)}, is not at every destination. "
                + $"{string.Join(' ', task.LackingDestinations.Select(d => DescribeLacking(task, d)))}",
            _ => $"The newest backup is from {Utc(task.LastGoodBackup!.Value)}, and has no known problems.",
        };

    public static string Utc(DateTimeOffset time) =>
        $"{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";

    private static string Failing(TaskProtection task)
    {
        var status = task.Facts.Status;
        var times =
            status.Failures > 1
                ? string.Create(CultureInfo.InvariantCulture, $"The last {status.Failures} runs failed")
                : "The last run failed";
        return $"{times}: {status.LastError} {LastGood(task)}";
    }

    private static string AtRisk(TaskProtection task)
    {
        if (!task.Facts.Task.Settings.Destinations.Any(d => !task.LackingDestinations.Contains(d)))
        {
            if (task.LackingDestinations.All(task.IsUnavailable))
            {
                return $"{DescribeUnavailable(string.Join(", ", task.LackingDestinations))} {LastGood(task)}";
            }
            return $"No destination has an intact copy of the newest backup. "
                + $"{string.Join(' ', task.LackingDestinations.Select(d => DescribeLacking(task, d)))} "
                + $"{LastGood(task)}";
        }

        if (task.LongestGap is not { } gap)
        {
            return "Its schedule is not valid on this node, so the allowed age of its newest backup is unknown.";
        }
        if (task.LastGoodBackup - task.Now > Scheduler.MaxClockSkew)
        {
            return $"Its newest backup is dated {Utc(task.LastGoodBackup!.Value)}, which is in the future: the clock was wrong.";
        }
        var now = task.Facts.IsRunning ? " A backup is running." : "";
        return $"The newest good backup is from {Utc(task.LastGoodBackup!.Value)}, which exceeds the longest gap of the schedule, "
            + $"{Span(gap)}, plus an hour.{now}";
    }

    private static string DescribeLacking(TaskProtection task, string destination)
    {
        var (status, known) = (task.Facts.Status, task.Facts.KnownProblems);
        if (task.IsUnavailable(destination))
        {
            return DescribeUnavailable(destination);
        }
        if (known?.Destinations.GetValueOrDefault(destination) is { } bad)
        {
            return $"{destination}: {bad.Problem}";
        }
        if (status.FailedDestinations?.GetValueOrDefault(destination) is { } error)
        {
            return $"{destination}: {error}";
        }
        return $"{destination} has no backup of it yet.";
    }

    private static string DescribeUnavailable(string destinations) => $"Not available, or with another identity: {destinations}.";

    private static string LastGood(TaskProtection task) =>
        task.LastGoodBackup is { } good ? $"The newest good backup is from {Utc(good)}." : "There is no good backup.";

    private static string Span(TimeSpan span) =>
        span.TotalDays >= 2
            ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.#} days")
            : string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.##} h");
}
