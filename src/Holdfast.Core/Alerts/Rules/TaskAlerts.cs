using Holdfast.Core.Errors;
using Holdfast.Core.Protection;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about templates and tasks: their definitions, overdue and failed backups, and retention.</summary>
internal static class TaskAlerts
{
    /// <summary>Returns all alerts about templates and tasks.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot)
    {
        // Missing databases raise one alert, for their source, and none for each of their tasks that cannot run.
        var missing = snapshot.Databases.Where(d => d is { Dropped: null, MissingSince: not null }).Select(d => d.Id).ToHashSet();
        return
        [
            .. snapshot.Templates.SelectMany(t => Definition(snapshot, t.Name, t.Settings, new() { Template = t.Id }, t.Id)),
            .. snapshot.Tasks.SelectMany(t => Task(snapshot, t, missing.Contains(t.Task.Database))),
            .. snapshot.TaskIdConflicts.Select(c => Conflict(snapshot, c)),
        ];
    }

    private static IEnumerable<Alert> Definition(
        AlertSnapshot snapshot,
        string name,
        TaskSettings settings,
        AlertSubject subject,
        string id
    )
    {
        if (settings.Disabled)
        {
            yield break;
        }
        if (settings.Destinations.Count == 0)
        {
            yield return new()
            {
                Key = $"no-destination:{id}",
                Kind = AlertKind.NoDestination,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now,
                Subject = subject,
                Message = $"Task '{name}' has no destination, so it does not run.",
                Hint = "Add a destination, or disable the task.",
            };
        }

        if (ScheduleProblem(snapshot, settings) is { } problem)
        {
            yield return new()
            {
                Key = $"schedule:{id}",
                Kind = AlertKind.ScheduleUnreadable,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now,
                Subject = subject,
                Message = $"Task '{name}' does not run on schedule on this node: {problem.Message}",
                Hint = problem.Hint,
            };
        }
    }

    // Validated when it was saved; but a system update can remove a time zone, and a node may not know it.
    private static HoldfastException? ScheduleProblem(AlertSnapshot snapshot, TaskSettings settings)
    {
        try
        {
            var zone = TimeZones.Find(settings.TimeZone, snapshot.TimeZone);
            foreach (var text in (string?[])[settings.FullBackup, settings.IncrementalBackup])
            {
                if (text is not null)
                {
                    CronSchedule.Parse(text, zone);
                }
            }

            return null;
        }
        catch (HoldfastException e)
        {
            return e;
        }
    }

    private static IEnumerable<Alert> Task(AlertSnapshot snapshot, TaskFacts item, bool isMissing)
    {
        var (task, status) = (item.Task, item.Status);
        if (!task.IsServerWide)
        {
            foreach (var alert in Definition(snapshot, task.Name, task.Settings, AlertSubject.Of(task), task.Id))
            {
                yield return alert;
            }
        }

        if (status.RetentionProblems is { } problems)
        {
            foreach (var (destination, problem) in problems.Where(p => task.Settings.Destinations.Contains(p.Key)))
            {
                yield return Retention(snapshot, task, destination, problem);
            }
        }

        // A task that is disabled raises no alerts.
        if (!task.Settings.Runs)
        {
            yield break;
        }
        if (!isMissing && Protection(snapshot, TaskProtection.Evaluate(item, snapshot.Now, snapshot.TimeZone)) is { } trouble)
        {
            yield return trouble;
        }
        if (status is { DatabaseBytes: { } bytes, PreviousDatabaseBytes: { } before } && bytes < before / 2)
        {
            yield return new()
            {
                Key = $"size:{task.Id}",
                Kind = AlertKind.SizeDropped,
                Severity = AlertSeverity.Warning,
                Since = status.LastSuccess ?? snapshot.Now,
                Subject = AlertSubject.Of(task),
                Message =
                    $"Database '{task.Database}' had {AlertText.Number(bytes)} bytes at its last backup, down from "
                    + $"{AlertText.Number(before)} at the one before.",
                Hint = "If nobody deleted that much data, restore the backup before it under a new name and compare.",
            };
        }
    }

    // Known damage has alert kinds of its own, and a destination that lacks the newest backups raises one alert for all tasks.
    private static Alert? Protection(AlertSnapshot snapshot, TaskProtection protection) =>
        protection switch
        {
            { State: ProtectionState.Failing } => Failed(snapshot, protection),
            { State: ProtectionState.Overdue } => IsCaughtUp(snapshot, protection) ? null : Overdue(snapshot, protection),
            { State: ProtectionState.Held } => Overdue(snapshot, protection) with
            {
                Severity = AlertSeverity.Warning,
                Hint = "Run the task now, or wait until then.",
            },
            // Also while a backup is running, which may take weeks.
            { State: ProtectionState.AtRisk }
                when (protection.Facts.KnownProblems is null || protection.IsLate) && !protection.LacksOnlyUnavailable => IsCaughtUp(
                snapshot,
                protection
            )
                ? null
                : Overdue(snapshot, protection),
            _ => null,
        };

    // Slots that passed while the node was down are caught up. A task that was late before that stays overdue: frequent restarts must not
    // hide it.
    private static bool IsCaughtUp(AlertSnapshot snapshot, TaskProtection protection)
    {
        if (snapshot.LastSeenAlive is { } down && protection.Since + AlertRules.OverdueThreshold <= down)
        {
            return false;
        }
        return snapshot.Now - (protection.Since > snapshot.StartedAt ? protection.Since.Value : snapshot.StartedAt)
            <= AlertRules.OverdueThreshold;
    }

    private static Alert Failed(AlertSnapshot snapshot, TaskProtection protection)
    {
        var (task, status) = (protection.Facts.Task, protection.Facts.Status);
        var times = status.Failures > 1 ? $" {AlertText.Number(status.Failures)} times in a row" : "";
        return new()
        {
            Key = $"failed:{task.Id}",
            Kind = AlertKind.TaskFailed,
            Severity = AlertSeverity.Error,
            Since = status.LastEnd ?? snapshot.Now,
            Subject = AlertSubject.Of(task),
            Message = $"The backup of '{task.Database}' by task '{task.Name}' failed{times}: {status.LastError}",
            Hint = "The server retries automatically; the log of the operation has the details.",
        };
    }

    private static Alert Overdue(AlertSnapshot snapshot, TaskProtection protection)
    {
        var (task, isDue) = (protection.Facts.Task, protection.State == ProtectionState.Overdue);
        return new()
        {
            Key = $"overdue:{task.Id}",
            Kind = AlertKind.TaskOverdue,
            Severity = AlertSeverity.Error,
            Since = protection.Since ?? snapshot.Now,
            Subject = AlertSubject.Of(task),
            Message = isDue
                ? $"The backup of '{task.Database}' by task '{task.Name}' was due at "
                    + $"{AlertText.Utc(protection.Facts.DueAt!.Value)} and has not started."
                : $"Database '{task.Database}' is not sufficiently protected by task '{task.Name}': {protection.Reason}",
            Hint = isDue
                ? "If many tasks are overdue, the queue is longer than the concurrency limits allow: see limits in holdfast.json, or "
                    + "set a spread."
                : "Run the task now, or wait for its next slot.",
        };
    }

    private static Alert Conflict(AlertSnapshot snapshot, TaskIdConflict conflict) =>
        new()
        {
            Key = $"clash:{conflict.Task.Id}:{conflict.Task.Database}",
            Kind = AlertKind.TaskClash,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now,
            Subject = AlertSubject.Of(conflict.Task),
            Message =
                $"Task '{conflict.Task.Name}' of '{conflict.Task.Database}' does not run: its id {conflict.Task.Id} is also the id of "
                + $"'{conflict.Owner.Name}' of '{conflict.Owner.Database}', by coincidence.",
            Hint =
                "Create a server-wide backup with the same settings and delete the old one: new ids are twice as long. Existing "
                + "backups are kept.",
        };

    private static Alert Retention(AlertSnapshot snapshot, BackupTask task, string destination, RetentionProblem problem) =>
        new()
        {
            Key = $"retention:{task.Id}:{destination}",
            Kind = problem.NeedsApproval ? AlertKind.RetentionWaiting : AlertKind.RetentionFailed,
            Severity = AlertSeverity.Warning,
            Since = snapshot.Now,
            Subject = AlertSubject.Of(task) with { Destination = destination },
            Message = $"Retention of task '{task.Name}' of '{task.Database}' deleted nothing at '{destination}': {problem.Message}",
            Hint = problem.NeedsApproval
                ? "Review what would be deleted, and approve it: GET and POST /api/v1/databases/ID/tasks/TASK/retention"
                : "Retention runs again after the next full backup.",
        };
}
