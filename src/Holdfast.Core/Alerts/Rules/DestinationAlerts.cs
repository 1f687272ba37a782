namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about destinations: failing, with a wrong identity, or inside the folder of another one.</summary>
internal static class DestinationAlerts
{
    /// <summary>Returns all alerts about destinations.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        [
            .. Failing(snapshot),
            .. snapshot.DestinationIdentityProblems.Select(d => Identity(snapshot, d)),
            .. snapshot.OverlappingDestinations.Select(d => Overlap(snapshot, d.Name, d.Other)),
        ];

    // One alert for each destination, however many tasks use it. A wrong identity has a more specific alert of its own.
    private static IEnumerable<Alert> Failing(AlertSnapshot snapshot)
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

        foreach (var destination in snapshot.DestinationIdentityProblems)
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
                $"Destination '{f.Key}' could not store the last backup of {AlertText.Number(f.Value.Tasks)} "
                + $"{(f.Value.Tasks == 1 ? "task" : "tasks")}; for example: {f.Value.Message}",
            Hint = "Missing backups are copied there once it works again.",
        });
    }

    private static Alert Identity(AlertSnapshot snapshot, DestinationIdentityProblem destination) =>
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

    private static Alert Overlap(AlertSnapshot snapshot, string name, string other) =>
        new()
        {
            Key = $"shared:{name}",
            Kind = AlertKind.DestinationOverlap,
            Severity = AlertSeverity.Warning,
            Since = snapshot.Now,
            Subject = new() { Destination = name },
            Message =
                $"Destination '{name}' is the folder of destination '{other}', or is inside it: what is stored at both is a single "
                + "copy on one disk.",
            Hint = "Give one of them a folder of its own, or remove it from the tasks and delete it.",
        };
}
