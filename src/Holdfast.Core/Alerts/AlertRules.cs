using System.Globalization;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>Decides which alerts are active: a pure function of a node's state, so an alert lasts exactly as long as its cause.</summary>
public static class AlertRules
{
    /// <summary>Time after its slot at which a task that did not run is overdue.</summary>
    public static readonly TimeSpan OverdueThreshold = TaskProtection.OverdueThreshold;

    /// <summary>Time after its last iteration at which the scheduler counts as stalled. It runs at least once a minute.</summary>
    public static readonly TimeSpan StallThreshold = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Whether a loop is stuck. Iterations may be slow on a busy machine, so the limit is three minutes and three times the interval.
    /// </summary>
    /// <param name="elapsed">Time since it completed an iteration.</param>
    /// <param name="maxInterval">The longest interval between two iterations of a healthy loop.</param>
    public static bool IsStuck(TimeSpan elapsed, TimeSpan maxInterval) => elapsed > StallThreshold && elapsed / 3 > maxInterval;

    /// <summary>
    /// Creates the alert for a failure of the rules themselves: no other alert is raised or resolved until they work again.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="problem">What the rules threw.</param>
    public static Alert CreateEvaluationFailure(DateTimeOffset now, OperationError problem) =>
        new()
        {
            Key = "loop:rules of alerts",
            Kind = AlertKind.LoopFailed,
            Severity = AlertSeverity.Error,
            Since = now,
            Subject = AlertSubject.Node,
            Message = $"Alerts cannot be evaluated, so those shown may be out of date: {problem.Message}",
            Hint = problem.Hint ?? "The server retries automatically; its log has the details.",
        };

    /// <summary>
    /// Returns all active alerts, unordered, each key once. <see cref="Alert.Since"/> is the time of the snapshot if the state has no
    /// earlier time.
    /// </summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        [
            .. Node(snapshot),
            .. SourceAlerts.Evaluate(snapshot),
            .. Databases(snapshot),
            .. snapshot.Templates.SelectMany(t => Definition(snapshot, t.Name, t.Settings, new() { Template = t.Id }, t.Id)),
            .. Tasks(snapshot),
            .. Destinations(snapshot),
            .. snapshot.Destinations.Select(d => Identity(snapshot, d)),
            .. snapshot.SharedDestinations.Select(d => Shared(snapshot, d.Name, d.Other)),
            .. snapshot.Archives.SelectMany(Copies),
            .. snapshot.ReportedAlerts,
            .. snapshot.TaskIdConflicts.Select(c => Clash(snapshot, c)),
            .. ClockAlerts.Evaluate(snapshot),
            .. ProgressAlerts.Evaluate(snapshot),
            .. ChainNameAlerts.Evaluate(snapshot),
            .. VerificationAlerts.Evaluate(snapshot),
        ];

    private static IEnumerable<Alert> Node(AlertSnapshot snapshot)
    {
        if (snapshot.SinceSchedulerIteration > StallThreshold)
        {
            yield return new()
            {
                Key = "scheduler",
                Kind = AlertKind.SchedulerStalled,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now - snapshot.SinceSchedulerIteration,
                Subject = AlertSubject.Node,
                Message =
                    $"The scheduler has not run since {Utc(snapshot.Now - snapshot.SinceSchedulerIteration)}: no scheduled backup starts.",
                Hint = "Restart the server, and report this with its log.",
            };
        }

        foreach (var alert in snapshot.Loops.Select(l => Loop(snapshot, l)).OfType<Alert>())
        {
            yield return alert;
        }
        if (snapshot.StateStoreProblem is { } problem)
        {
            yield return new()
            {
                Key = "state-store",
                Kind = AlertKind.StateNotWritable,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now,
                Subject = AlertSubject.Node,
                Message = $"The state store cannot be written: {problem.Message}",
                Hint = problem.Hint ?? "Pending writes are kept in memory, and are lost if the server stops before they can be stored.",
            };
        }

        if (snapshot.CatalogProblem is { } catalog)
        {
            yield return new()
            {
                Key = "catalog",
                Kind = AlertKind.StateNotWritable,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now,
                Subject = AlertSubject.Node,
                Message = catalog.Message,
                Hint = catalog.Hint,
            };
        }

        if (snapshot.DamagedCatalogPath is { } damaged)
        {
            yield return CreateCatalogLossAlert(
                "catalog-damaged",
                snapshot.Now,
                $"was damaged and has been recreated. What could not be read from '{damaged}' is lost",
                damaged,
                " Check the disk that it is on."
            );
        }

        if (snapshot.LostCatalogMarkerPath is { } lost)
        {
            yield return CreateCatalogLossAlert(
                "catalog-lost",
                snapshot.Now,
                "was missing and has been recreated, although backups were made before",
                lost,
                ""
            );
        }

        foreach (var (key, unreadable) in snapshot.UnreadableValues)
        {
            yield return new()
            {
                Key = $"state-value:{key}",
                Kind = AlertKind.StateUnreadable,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now,
                Subject = AlertSubject.Node,
                Message = unreadable.Message,
                Hint = unreadable.Hint,
            };
        }
    }

    // Known damage may be lost with the catalog. The operator verifies the backups, and then acknowledges the alert by deleting a file.
    private static Alert CreateCatalogLossAlert(string key, DateTimeOffset now, string why, string file, string hint) =>
        new()
        {
            Key = key,
            Kind = AlertKind.CatalogDamaged,
            Severity = AlertSeverity.Warning,
            Since = now,
            Subject = AlertSubject.Node,
            Message = $"The catalog {why}: an archive that was known to be damaged may now count as intact.",
            Hint = $"Verify the backups (holdfast verify, or the button at each database); then delete '{file}'.{hint}",
        };

    private static Alert? Loop(AlertSnapshot snapshot, LoopAlertInput loop)
    {
        if (loop.Problem is null && !IsStuck(loop.SinceLastIteration, loop.MaxInterval))
        {
            return null;
        }
        return new()
        {
            Key = $"loop:{loop.Name}",
            Kind = AlertKind.LoopFailed,
            Severity = AlertSeverity.Error,
            Since = loop.Problem is null ? loop.LastIteration : snapshot.Now,
            Subject = AlertSubject.Node,
            Message = loop.Problem is { } problem
                ? $"The background loop '{loop.Name}' "
                    + $"fails{(loop.Failures > 1 ? $" ({Number(loop.Failures)} times in a row)" : "")}: {problem.Message}"
                : $"The background loop '{loop.Name}' has not completed an iteration since {Utc(loop.LastIteration)}.",
            Hint = loop.Problem is null
                ? "Restart the server, and report this with its log."
                : loop.Problem.Hint ?? "The server retries automatically; its log has the details.",
        };
    }

    private static IEnumerable<Alert> Databases(AlertSnapshot snapshot)
    {
        var covered = new HashSet<DatabaseId>(snapshot.Databases.Count);
        var named = new HashSet<DatabaseId>();
        foreach (var task in snapshot.Tasks)
        {
            (task.Task.Settings.Runs ? covered : named).Add(task.Task.Database);
        }
        foreach (var record in snapshot.Databases.Where(d => d.Dropped is null))
        {
            if (record.Problem is { } problem)
            {
                yield return new()
                {
                    Key = $"unreadable:{record.Id}",
                    Kind = AlertKind.DatabaseUnreadable,
                    Severity = AlertSeverity.Error,
                    Since = snapshot.Now,
                    Subject = Of(record.Id),
                    Message = $"Database '{record.Id}' cannot be read: {problem.Message}",
                    Hint = problem.Hint,
                };
            }

            if (!covered.Contains(record.Id))
            {
                yield return Uncovered(snapshot, record.Id, named.Contains(record.Id));
            }
        }
    }

    private static Alert Uncovered(AlertSnapshot snapshot, DatabaseId database, bool hasTask)
    {
        var isExcluded = !hasTask && snapshot.Templates.Count > 0;
        return new()
        {
            Key = $"uncovered:{database}",
            Kind = AlertKind.DatabaseUncovered,
            Severity = isExcluded ? AlertSeverity.Info : AlertSeverity.Warning,
            Since = snapshot.Now,
            Subject = Of(database),
            Message =
                isExcluded ? $"Database '{database}' is excluded from every server-wide backup and has no task of its own."
                : hasTask ? $"Database '{database}' is not backed up: each of its tasks is disabled or has no destination."
                : $"Database '{database}' is not backed up: no task covers it.",
            Hint =
                isExcluded ? "To back it up, create a task for it or remove it from the exclusions."
                : hasTask ? "Enable a task, or add a destination to it."
                : "Create a server-wide backup: it covers every database.",
        };
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

    // Missing databases raise one alert, for their source, and none for each of their tasks that cannot run.
    private static IEnumerable<Alert> Tasks(AlertSnapshot snapshot)
    {
        var missing = snapshot.Databases.Where(d => d is { Dropped: null, MissingSince: not null }).Select(d => d.Id).ToHashSet();
        return snapshot.Tasks.SelectMany(t => Task(snapshot, t, missing.Contains(t.Task.Database)));
    }

    private static IEnumerable<Alert> Task(AlertSnapshot snapshot, TaskFacts item, bool isMissing)
    {
        var (task, status) = (item.Task, item.Status);
        if (!task.IsServerWide)
        {
            foreach (var alert in Definition(snapshot, task.Name, task.Settings, Of(task), task.Id))
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
                Subject = Of(task),
                Message =
                    $"Database '{task.Database}' had {Number(bytes)} bytes at its last backup, down from {Number(before)} at the one "
                    + "before.",
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
        if (snapshot.LastSeenAlive is { } down && protection.Since + OverdueThreshold <= down)
        {
            return false;
        }
        return snapshot.Now - (protection.Since > snapshot.StartedAt ? protection.Since.Value : snapshot.StartedAt) <= OverdueThreshold;
    }

    private static Alert Failed(AlertSnapshot snapshot, TaskProtection protection)
    {
        var (task, status) = (protection.Facts.Task, protection.Facts.Status);
        var times = status.Failures > 1 ? $" {Number(status.Failures)} times in a row" : "";
        return new()
        {
            Key = $"failed:{task.Id}",
            Kind = AlertKind.TaskFailed,
            Severity = AlertSeverity.Error,
            Since = status.LastEnd ?? snapshot.Now,
            Subject = Of(task),
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
            Subject = Of(task),
            Message = isDue
                ? $"The backup of '{task.Database}' by task '{task.Name}' was due at {Utc(protection.Facts.DueAt!.Value)} and has "
                    + "not started."
                : $"Database '{task.Database}' is not sufficiently protected by task '{task.Name}': {protection.Reason}",
            Hint = isDue
                ? "If many tasks are overdue, the queue is longer than the concurrency limits allow: see limits in holdfast.json, or "
                    + "set a spread."
                : "Run the task now, or wait for its next slot.",
        };
    }

    private static Alert Clash(AlertSnapshot snapshot, TaskIdConflict clash) =>
        new()
        {
            Key = $"clash:{clash.Task.Id}:{clash.Task.Database}",
            Kind = AlertKind.TaskClash,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now,
            Subject = Of(clash.Task),
            Message =
                $"Task '{clash.Task.Name}' of '{clash.Task.Database}' does not run: its id {clash.Task.Id} is also the id of "
                + $"'{clash.Owner.Name}' of '{clash.Owner.Database}', by coincidence.",
            Hint =
                "Create a server-wide backup with the same settings and delete the old one: new ids are twice as long. Existing "
                + "backups are kept.",
        };

    private static Alert Retention(AlertSnapshot snapshot, BackupTask task, string destination, Retention.RetentionProblem problem) =>
        new()
        {
            Key = $"retention:{task.Id}:{destination}",
            Kind = problem.NeedsApproval ? AlertKind.RetentionWaiting : AlertKind.RetentionFailed,
            Severity = AlertSeverity.Warning,
            Since = snapshot.Now,
            Subject = Of(task) with { Destination = destination },
            Message = $"Retention of task '{task.Name}' of '{task.Database}' deleted nothing at '{destination}': {problem.Message}",
            Hint = problem.NeedsApproval
                ? "Review what would be deleted, and approve it: GET and POST /api/v1/databases/ID/tasks/TASK/retention"
                : "Retention runs again after the next full backup.",
        };

    // One alert for each destination, however many tasks use it. A wrong identity has a more specific alert of its own.
    private static IEnumerable<Alert> Destinations(AlertSnapshot snapshot)
    {
        var failing = new Dictionary<string, (int Tasks, string Message)>(StringComparer.Ordinal);
        foreach (var item in snapshot.Tasks)
        {
            if (item.Status.FailedDestinations is not { } failed || !item.Task.Settings.Runs)
            {
                continue;
            }
            foreach (var (destination, message) in failed.Where(f => item.Task.Settings.Destinations.Contains(f.Key)))
            {
                failing[destination] = failing.TryGetValue(destination, out var known)
                    ? known with
                    {
                        Tasks = known.Tasks + 1,
                    }
                    : (1, message);
            }
        }

        foreach (var destination in snapshot.Destinations)
        {
            failing.Remove(destination.Name);
        }
        return failing.Select(f => new Alert
        {
            Key = $"destination:{f.Key}",
            Kind = AlertKind.DestinationFailing,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now,
            Subject = new() { Destination = f.Key },
            Message =
                $"Destination '{f.Key}' could not store the last backup of {Number(f.Value.Tasks)} "
                + $"{(f.Value.Tasks == 1 ? "task" : "tasks")}; for example: {f.Value.Message}",
            Hint = "Missing backups are copied there once it works again.",
        });
    }

    private static IEnumerable<Alert> Copies(ArchiveAlertInput copies)
    {
        var subject = Of(copies.Database) with { Destination = copies.Destination };
        if (copies.Damaged > 0)
        {
            yield return new()
            {
                Key = $"damaged:{copies.Destination}:{copies.Database}",
                Kind = AlertKind.BackupDamaged,
                Severity = AlertSeverity.Error,
                Since = copies.DamagedSince!.Value,
                Subject = subject,
                Message =
                    $"{Archives(copies.Damaged)} of '{copies.Database}' at '{copies.Destination}' "
                    + $"{(copies.Damaged == 1 ? "is" : "are")} damaged. {copies.Example}",
                Hint =
                    "It is replaced automatically if another destination has an intact copy; otherwise the next backup is full. "
                    + "Check the disk before you rely on it.",
            };
        }

        if (copies.Missing > 0)
        {
            yield return new()
            {
                Key = $"missing:{copies.Destination}:{copies.Database}",
                Kind = AlertKind.BackupsMissing,
                Severity = AlertSeverity.Error,
                Since = copies.MissingSince!.Value,
                Subject = subject,
                Message =
                    $"{Archives(copies.Missing)} of '{copies.Database}' {(copies.Missing == 1 ? "is" : "are")} missing or incomplete "
                    + $"at '{copies.Destination}'. {copies.MissingExample}",
                Hint =
                    "Archives that another destination has are copied back automatically. If the others were deleted on purpose, "
                    + "acknowledge the alert; otherwise find out what deleted them.",
            };
        }
    }

    private static string Archives(int count) => count == 1 ? "1 archive" : $"{Number(count)} archives";

    private static Alert Identity(AlertSnapshot snapshot, DestinationAlertInput destination) =>
        new()
        {
            Key = $"identity:{destination.Name}",
            Kind = AlertKind.DestinationIdentity,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now,
            Subject = new() { Destination = destination.Name },
            Message = $"Nothing is written to destination '{destination.Name}': {destination.Problem.Message}",
            Hint = destination.Problem.Hint,
        };

    private static Alert Shared(AlertSnapshot snapshot, string name, string other) =>
        new()
        {
            Key = $"shared:{name}",
            Kind = AlertKind.DestinationIdentity,
            Severity = AlertSeverity.Warning,
            Since = snapshot.Now,
            Subject = new() { Destination = name },
            Message =
                $"Destination '{name}' is the folder of destination '{other}', or is inside it: what is stored at both is a single "
                + "copy on one disk.",
            Hint = "Give one of them a folder of its own, or remove it from the tasks and delete it.",
        };

    private static AlertSubject Of(DatabaseId database) => new() { Database = database.ToString(), Source = database.Source };

    private static AlertSubject Of(BackupTask task) => Of(task.Database) with { Task = task.Id, Template = task.TemplateId };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Utc(DateTimeOffset time) =>
        $"{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";
}
