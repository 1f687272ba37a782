using System.Globalization;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about running operations that make no progress.</summary>
internal static class ProgressAlerts
{
    /// <summary>
    /// One alert for all stalled operations that share source and destinations, one of which most likely does not respond.
    /// </summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        snapshot
            .RunningOperations.Where(o => o.SinceLastProgress >= snapshot.NoProgressThreshold)
            .GroupBy(o => $"{o.Source} {string.Join(' ', o.Destinations)}", StringComparer.Ordinal)
            .Select(g =>
                Alert(snapshot, g.Key, [.. g.OrderByDescending(o => o.SinceLastProgress).ThenBy(o => o.Id, StringComparer.Ordinal)])
            );

    private static Alert Alert(AlertSnapshot snapshot, string key, IReadOnlyList<OperationAlertInput> stalled)
    {
        var first = stalled[0];
        var worksOn = first.Database?.ToString() ?? string.Join(' ', first.Destinations);
        var subject = $"{Word(first.Kind)} '{worksOn}' (operation {first.Id}, {first.Phase})";
        var others = stalled.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {stalled.Count - 1} more");
        string[] needs =
        [
            .. first.Source is null ? [] : (string[])[$"source '{first.Source}'"],
            .. first.Destinations.Select(d => $"destination '{d}'"),
        ];
        var dependencies = needs.Length == 0 ? "" : $" It needs {string.Join(", ", needs)}.";
        return new()
        {
            Key = $"no-progress:{key}",
            Kind = AlertKind.NoProgress,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now - first.SinceLastProgress,
            Subject = new()
            {
                Database = first.Database?.ToString(),
                Source = first.Source,
                Destination = first.Destinations is [var only] ? only : null,
            },
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"{subject}{others} has made no progress for {first.SinceLastProgress.TotalMinutes:0} minutes.{dependencies}"
            ),
            Hint = first.Kind switch
            {
                OperationKind.Backup =>
                    "Check whether they respond. A backup is cancelled after twice as long and retried; aborting it frees its slot "
                        + "at once.",
                OperationKind.Restore =>
                    "Check whether they respond. A restore may be building indexes, which can take long; if it hangs, abort it.",
                _ => "Check whether they respond. If it hangs, abort it, and start it again when they do.",
            },
        };
    }

    private static string Word(OperationKind kind) =>
        kind switch
        {
            OperationKind.Backup => "The backup of",
            OperationKind.Restore => "The restore of",
            OperationKind.Repair => "The repair of the backups of",
            OperationKind.RebuildCatalog => "The rebuilding of the catalog from",
            _ => "The verification of",
        };
}
