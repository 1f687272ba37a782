using System.Globalization;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>Alerts about operations that run and do not move.</summary>
internal static class ProgressAlerts
{
    /// <summary>
    /// One alert for those that need the same source and destinations, however many they are: most likely one of these
    /// does not answer.
    /// </summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        snapshot
            .RunningOperations.Where(o => o.SinceLastProgress >= snapshot.NoProgressThreshold)
            .GroupBy(o => $"{o.Source} {string.Join(' ', o.Destinations)}", StringComparer.Ordinal)
            .Select(g =>
                Alert(snapshot, g.Key, [.. g.OrderByDescending(o => o.SinceLastProgress).ThenBy(o => o.Id, StringComparer.Ordinal)])
            );

    private static Alert Alert(AlertSnapshot snapshot, string key, IReadOnlyList<OperationAlertInput> still)
    {
        var first = still[0];
        var what = $"{Word(first.Kind)} '{first.Database}' (operation {first.Id}, {first.Phase})";
        var others = still.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {still.Count - 1} more");
        string[] needs =
        [
            .. first.Source is null ? [] : (string[])[$"source '{first.Source}'"],
            .. first.Destinations.Select(d => $"destination '{d}'"),
        ];
        var of = needs.Length == 0 ? "" : $" It needs {string.Join(", ", needs)}.";
        return new()
        {
            Key = $"no-progress:{key}",
            Kind = AlertKind.NoProgress,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now - first.SinceLastProgress,
            Subject = new()
            {
                Database = first.Database.ToString(),
                Source = first.Source,
                Destination = first.Destinations is [var only] ? only : null,
            },
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"{what}{others} has not moved for {first.SinceLastProgress.TotalMinutes:0} minutes.{of}"
            ),
            Hint = first.Kind switch
            {
                OperationKind.Backup =>
                    "Check whether they answer. A backup is given up after twice as long, and tried again; aborting it gives "
                        + "its slot to another at once.",
                OperationKind.Restore =>
                    "Check whether they answer. A restore may be building indexes, which takes as long as it takes; if it hangs, abort it.",
                _ => "Check whether they answer. If it hangs, abort it, and ask for it again when they do.",
            },
        };
    }

    private static string Word(OperationKind kind) =>
        kind switch
        {
            OperationKind.Backup => "The backup of",
            OperationKind.Restore => "The restore of",
            _ => "The verification of",
        };
}
