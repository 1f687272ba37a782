using System.Globalization;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>Which alerts stand: a pure function of a node's state, so that an alert is there exactly as long as its reason is.</summary>
public static class AlertRules
{
    /// <summary>How long after its slot a task that did not run is overdue.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromHours(1);

    /// <summary>How long after its last turn the scheduler counts as stalled; it turns once a minute at least.</summary>
    public static readonly TimeSpan Stalled = TimeSpan.FromMinutes(3);

    /// <summary>All alerts, in no order; each key once. <see cref="Alert.Since"/> is the moment of the snapshot where the state does not tell.</summary>
    public static IEnumerable<Alert> Find(AlertSnapshot snapshot) =>
    [
        .. Node(snapshot), .. snapshot.Sources.SelectMany(s => Source(snapshot, s)), .. Databases(snapshot), .. snapshot.Templates.SelectMany(t => Definition(snapshot, t.Name, t.Settings, new() { Template = t.Id }, t.Id)),
        .. snapshot.Tasks.SelectMany(t => Task(snapshot, t)), .. Destinations(snapshot), .. snapshot.Reported,
    ];

    private static IEnumerable<Alert> Node(AlertSnapshot snapshot)
    {
        if (snapshot.SinceTurn > Stalled)
        {
            yield return new() { Key = "scheduler", Kind = AlertKind.SchedulerStalled, Severity = AlertSeverity.Error, Since = snapshot.Now - snapshot.SinceTurn, Subject = AlertSubject.Node, Message = $"The scheduler has not looked for what is due since {Utc(snapshot.Now - snapshot.SinceTurn)}: no backup begins by itself.", Hint = "Restart the server, and report this with its log." };
        }

        if (snapshot.StoreProblem is { } problem)
        {
            yield return new() { Key = "state-store", Kind = AlertKind.StateNotWritable, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = AlertSubject.Node, Message = $"The state store takes nothing: {problem.Message}", Hint = problem.Hint ?? "What is to be stored waits, and is lost if the server stops before it can be." };
        }

        foreach (var (key, unreadable) in snapshot.Unreadable)
        {
            yield return new() { Key = $"state-value:{key}", Kind = AlertKind.StateUnreadable, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = AlertSubject.Node, Message = unreadable.Message, Hint = unreadable.Hint };
        }
    }

    private static IEnumerable<Alert> Source(AlertSnapshot snapshot, AlertSource source)
    {
        if (source.Problem is not { } problem) yield break;
        yield return new() { Key = $"source:{source.Name}", Kind = AlertKind.SourceDown, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = new() { Source = source.Name }, Message = $"Source '{source.Name}' cannot be looked at: {problem.Message}", Hint = problem.Hint ?? "What was known of its databases stands until it can be looked at again." };
    }

    private static IEnumerable<Alert> Databases(AlertSnapshot snapshot)
    {
        var covered = new HashSet<DatabaseId>(snapshot.Databases.Count);
        var named = new HashSet<DatabaseId>();
        foreach (var task in snapshot.Tasks) (task.Task.Settings.Runs ? covered : named).Add(task.Task.Database);
        foreach (var record in snapshot.Databases.Where(d => d.Dropped is null))
        {
            if (record.Problem is { } problem)
            {
                yield return new() { Key = $"unreadable:{record.Id}", Kind = AlertKind.DatabaseUnreadable, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = Of(record.Id), Message = $"Database '{record.Id}' cannot be read: {problem.Message}", Hint = problem.Hint };
            }

            if (!covered.Contains(record.Id)) yield return Uncovered(snapshot, record.Id, named.Contains(record.Id));
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
            Message = isExcluded ? $"Database '{database}' is excluded from every server-wide backup, and has no task of its own."
                : hasTask ? $"Database '{database}' is not backed up: each of its tasks is switched off or has no destination."
                : $"Database '{database}' is not backed up: there is no task for it.",
            Hint = isExcluded ? "If it should be backed up, give it a task, or take it out of the exclusions." : hasTask ? "Switch a task on, or give it a destination." : "Define a server-wide backup: it covers every database.",
        };
    }

    private static IEnumerable<Alert> Definition(AlertSnapshot snapshot, string name, TaskSettings settings, AlertSubject subject, string id)
    {
        if (settings.Disabled) yield break;
        if (settings.Destinations.Count == 0)
        {
            yield return new() { Key = $"no-destination:{id}", Kind = AlertKind.NoDestination, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = subject, Message = $"Task '{name}' has no destination, so it does not run.", Hint = "Give it a destination, or switch it off." };
        }

        if (ScheduleProblem(snapshot, settings) is { } problem)
        {
            yield return new() { Key = $"schedule:{id}", Kind = AlertKind.ScheduleUnreadable, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = subject, Message = $"Task '{name}' does not run by schedule on this node: {problem.Message}", Hint = problem.Hint };
        }
    }

    // It was checked when it was saved; a time zone can go with an update of the system, or be unknown on one node.
    private static HoldfastException? ScheduleProblem(AlertSnapshot snapshot, TaskSettings settings)
    {
        try
        {
            var zone = TimeZones.Find(settings.TimeZone, snapshot.Zone);
            foreach (var text in (string?[])[settings.FullBackup, settings.IncrementalBackup])
            {
                if (text is not null) CronSchedule.Parse(text, zone);
            }

            return null;
        }
        catch (HoldfastException e)
        {
            return e;
        }
    }

    private static IEnumerable<Alert> Task(AlertSnapshot snapshot, AlertTask item)
    {
        var (task, status) = (item.Task, item.Status);
        if (!task.IsServerWide)
        {
            foreach (var alert in Definition(snapshot, task.Name, task.Settings, Of(task), task.Id)) yield return alert;
        }

        if (status.RetentionProblems is { } problems)
        {
            foreach (var (destination, problem) in problems.Where(p => task.Settings.Destinations.Contains(p.Key))) yield return Retention(snapshot, task, destination, problem);
        }

        // What nobody wants to run is no trouble.
        if (!task.Settings.Runs) yield break;
        if (status.LastState == OperationState.Failed)
        {
            var times = status.Failures > 1 ? $"{Number(status.Failures)} times in a row" : "";
            yield return new() { Key = $"failed:{task.Id}", Kind = AlertKind.TaskFailed, Severity = AlertSeverity.Error, Since = status.LastEnd ?? snapshot.Now, Subject = Of(task), Message = $"The backup of '{task.Database}' by task '{task.Name}' failed{(times.Length == 0 ? "" : $" {times}")}: {status.LastError}", Hint = "It is tried again by itself; the operation's log says more." };
        }

        if (item.Due is { } due && !item.IsRunning && snapshot.Now - (due > snapshot.UpSince ? due : snapshot.UpSince) > Late)
        {
            yield return new() { Key = $"overdue:{task.Id}", Kind = AlertKind.TaskOverdue, Severity = AlertSeverity.Error, Since = due, Subject = Of(task), Message = $"The backup of '{task.Database}' by task '{task.Name}' was due at {Utc(due)} and has not begun.", Hint = "If many are: the line is longer than the slots can work off, see limits in holdfast.json; a spread helps too." };
        }

        if (status is { DatabaseBytes: { } bytes, PreviousDatabaseBytes: { } before } && bytes < before / 2)
        {
            yield return new() { Key = $"size:{task.Id}", Kind = AlertKind.SizeDropped, Severity = AlertSeverity.Warning, Since = status.LastSuccess ?? snapshot.Now, Subject = Of(task), Message = $"Database '{task.Database}' had {Number(bytes)} bytes at its last backup, and {Number(before)} at the one before.", Hint = "If nobody deleted that much, restore the backup before it under a new name and compare." };
        }
    }

    private static Alert Retention(AlertSnapshot snapshot, BackupTask task, string destination, Retention.RetentionProblem problem) => new()
    {
        Key = $"retention:{task.Id}:{destination}",
        Kind = problem.NeedsApproval ? AlertKind.RetentionWaiting : AlertKind.RetentionFailed,
        Severity = AlertSeverity.Warning,
        Since = snapshot.Now,
        Subject = Of(task) with { Destination = destination },
        Message = $"Retention of task '{task.Name}' of '{task.Database}' deleted nothing at '{destination}': {problem.Message}",
        Hint = problem.NeedsApproval ? "Look at what would go, and approve it: GET and POST /api/v1/databases/ID/tasks/TASK/retention" : "It tries again after the next full backup.",
    };

    // One for each destination, however many tasks use it.
    private static IEnumerable<Alert> Destinations(AlertSnapshot snapshot)
    {
        var failing = new Dictionary<string, (int Tasks, string Message)>(StringComparer.Ordinal);
        foreach (var item in snapshot.Tasks)
        {
            if (item.Status.FailedDestinations is not { } failed || !item.Task.Settings.Runs) continue;
            foreach (var (destination, message) in failed.Where(f => item.Task.Settings.Destinations.Contains(f.Key)))
            {
                failing[destination] = failing.TryGetValue(destination, out var known) ? known with { Tasks = known.Tasks + 1 } : (1, message);
            }
        }

        return failing.Select(f => new Alert { Key = $"destination:{f.Key}", Kind = AlertKind.DestinationFailing, Severity = AlertSeverity.Error, Since = snapshot.Now, Subject = new() { Destination = f.Key }, Message = $"Destination '{f.Key}' did not take the last backup of {Number(f.Value.Tasks)} {(f.Value.Tasks == 1 ? "task" : "tasks")}; for example: {f.Value.Message}", Hint = "What it misses is copied there once it works again." });
    }

    private static AlertSubject Of(DatabaseId database) => new() { Database = database.ToString(), Source = database.Source };

    private static AlertSubject Of(BackupTask task) => Of(task.Database) with { Task = task.Id, Template = task.TemplateId };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Utc(DateTimeOffset time) => $"{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";
}
