using Holdfast.Core.Protection;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about chains at destinations whose names are in the future.</summary>
internal static class ChainNameAlerts
{
    /// <summary>
    /// One alert for each chain whose name is too far in the future, however many tasks found it; and one for the chains of a database that
    /// are too many to list.
    /// </summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        snapshot.Tasks.SelectMany(t => Listed(snapshot, t).Concat(More(snapshot, t))).DistinctBy(a => a.Key, StringComparer.Ordinal);

    private static IEnumerable<Alert> Listed(AlertSnapshot snapshot, TaskFacts task) =>
        (task.Status.NamesAhead ?? new Dictionary<string, IReadOnlyList<string>>()).SelectMany(n =>
            n.Value.Select(path =>
                Of(
                    snapshot,
                    task,
                    n.Key,
                    path,
                    $"The name of chain '{path}' at '{n.Key}' is in the future: the clock was wrong when it was created, or it was "
                        + "renamed. It is not extended, and retention does not delete it.",
                    $"It can be restored. To check it and remove it: holdfast chain remove destination:{n.Key}/{path}. The next "
                        + "backup after that resolves the alert."
                )
            )
        );

    private static IEnumerable<Alert> More(AlertSnapshot snapshot, TaskFacts task) =>
        (task.Status.MoreNamesAhead ?? new Dictionary<string, int>()).Select(n =>
            Of(
                snapshot,
                task,
                n.Key,
                $"more of {task.Task.Database}",
                $"{n.Value} more chains of '{task.Task.Database}' at '{n.Key}' have names in the future.",
                "Remove the chains that are listed, or correct the clock that names them: the next backup lists the others."
            )
        );

    private static Alert Of(AlertSnapshot snapshot, TaskFacts task, string destination, string key, string message, string hint) =>
        new()
        {
            Key = $"name-ahead:{destination}:{key}",
            Kind = AlertKind.NameAhead,
            Severity = AlertSeverity.Warning,
            Since = task.Status.LastEnd ?? snapshot.Now,
            Subject = new()
            {
                Database = task.Task.Database.ToString(),
                Source = task.Task.Database.Source,
                Destination = destination,
            },
            Message = message,
            Hint = hint,
        };
}
