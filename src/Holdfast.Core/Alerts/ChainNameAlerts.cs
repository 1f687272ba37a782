using Holdfast.Core.Protection;

namespace Holdfast.Core.Alerts;

/// <summary>Alerts about names at destinations.</summary>
internal static class ChainNameAlerts
{
    /// <summary>
    /// One for each chain whose name lies too far ahead, however many tasks have met it; and one for those of a
    /// database that are too many to be listed.
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
                    $"The chain '{path}' at '{n.Key}' has a name that lies in the future: a wrong clock made it, or somebody "
                        + "did. It is not extended, and retention leaves it alone.",
                    "It can be restored. To see whether it is whole, and to remove it: holdfast chain remove "
                        + $"destination:{n.Key}/{path}. The alert goes with the next backup after that."
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
                $"{n.Value} more chains of '{task.Task.Database}' at '{n.Key}' have names that lie in the future.",
                "Remove the ones that are listed, or correct the clock that makes them: the next backup lists the others."
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
