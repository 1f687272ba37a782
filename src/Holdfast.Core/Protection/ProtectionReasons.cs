using System.Globalization;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Protection;

/// <summary>Says why a task protects its database as it does. Made when it is asked for: lists of thousands ask for a few.</summary>
internal static class ProtectionReasons
{
    public static string Describe(TaskProtection task) =>
        task.State switch
        {
            ProtectionState.Failing => Failing(task),
            ProtectionState.Waiting => task.Facts.DueAt is { } due
                ? $"There is no backup yet; the first is due at {Utc(due)}."
                : "There is no backup yet, and none is due.",
            ProtectionState.Overdue => $"A backup was due at {Utc(task.Facts.DueAt!.Value)} and has not begun.",
            ProtectionState.Held => $"An operator put its backups off until {Utc(task.Facts.Status.DelayedUntil!.Value)}. {LastGood(task)}",
            ProtectionState.AtRisk => AtRisk(task),
            ProtectionState.Incomplete => $"The newest backup, of {Utc(task.LastGoodBackup!.Value)}, is not at every destination. "
                + $"{string.Join(' ', task.LackingDestinations.Select(d => DescribeLacking(task, d)))}",
            _ => $"The newest backup is of {Utc(task.LastGoodBackup!.Value)}, and nothing is known to be wrong with it.",
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
            return $"No destination holds the newest backup whole. {string.Join(' ', task.LackingDestinations.Select(d => DescribeLacking(task, d)))} "
                + $"{LastGood(task)}";
        }

        if (task.LongestGap is not { } gap)
        {
            return "Its schedule cannot be read on this node, so nobody knows how old its newest backup may be.";
        }
        if (task.LastGoodBackup - task.Now > Scheduler.MaxClockSkew)
        {
            return $"Its newest backup is dated {Utc(task.LastGoodBackup!.Value)}, which is still to come: a clock was wrong.";
        }
        var now = task.Facts.IsRunning ? " One is under way." : "";
        return $"The newest good backup is of {Utc(task.LastGoodBackup!.Value)}: older than the longest gap of the schedule, "
            + $"{Span(gap)}, and an hour.{now}";
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
        return $"{destination} has not had a backup of it yet.";
    }

    private static string DescribeUnavailable(string destinations) => $"Not there, or not what was defined: {destinations}.";

    private static string LastGood(TaskProtection task) =>
        task.LastGoodBackup is { } good ? $"The newest good backup is of {Utc(good)}." : "There is no good backup.";

    private static string Span(TimeSpan span) =>
        span.TotalDays >= 2
            ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.#} days")
            : string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.##} h");
}
