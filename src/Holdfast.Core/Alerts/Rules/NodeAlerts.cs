namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about the node itself: scheduler, background loops, state store and catalog.</summary>
internal static class NodeAlerts
{
    /// <summary>Returns all alerts about the node.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot)
    {
        if (snapshot.SinceSchedulerIteration > AlertRules.StallThreshold)
        {
            yield return new()
            {
                Key = "scheduler",
                Kind = AlertKind.SchedulerStalled,
                Severity = AlertSeverity.Error,
                Since = snapshot.Now - snapshot.SinceSchedulerIteration,
                Subject = AlertSubject.Node,
                Message =
                    $"The scheduler has not run since {AlertText.Utc(snapshot.Now - snapshot.SinceSchedulerIteration)}: "
                    + "no scheduled backup starts.",
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
        if (loop.Problem is null && !AlertRules.IsStuck(loop.SinceLastIteration, loop.MaxInterval))
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
                    + $"fails{(loop.Failures > 1 ? $" ({AlertText.Number(loop.Failures)} times in a row)" : "")}: {problem.Message}"
                : $"The background loop '{loop.Name}' has not completed an iteration since {AlertText.Utc(loop.LastIteration)}.",
            Hint = loop.Problem is null
                ? "Restart the server, and report this with its log."
                : loop.Problem.Hint ?? "The server retries automatically; its log has the details.",
        };
    }
}
