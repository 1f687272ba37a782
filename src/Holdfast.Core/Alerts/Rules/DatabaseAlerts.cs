using Holdfast.Core.Databases;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about databases that cannot be read, and about databases that no task backs up.</summary>
internal static class DatabaseAlerts
{
    /// <summary>Returns all alerts about databases.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot)
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
                    Subject = AlertSubject.Of(record.Id),
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
            Subject = AlertSubject.Of(database),
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
}
