using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about sources.</summary>
public static class SourceAlerts
{
    /// <summary>Number of intervals after its last discovery at which a source counts as silent.</summary>
    public const int SilentIntervals = 3;

    /// <summary>Returns all alerts about the sources of a snapshot.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot)
    {
        var missing = snapshot
            .Databases.Where(d => d is { Dropped: null, MissingSince: not null })
            .ToLookup(d => d.Id.Source, StringComparer.Ordinal);
        return
        [
            .. snapshot.Sources.SelectMany(s => Source(snapshot, s)),
            .. missing.Select(m =>
                Missing(snapshot, m.Key, m.Count(), snapshot.Sources.Any(s => s.Name == m.Key)) with
                {
                    Since = m.Min(d => d.MissingSince!.Value),
                }
            ),
            .. Copies(snapshot),
        ];
    }

    /// <summary>Returns the problem of a source whose discovery does not finish; null if there is none.</summary>
    /// <param name="source">Its name.</param>
    /// <param name="lastDiscovery">When its last discovery ended, or it was attached.</param>
    /// <param name="interval">Interval between two discoveries.</param>
    /// <param name="now">The current time.</param>
    public static OperationError? CheckSilence(string source, DateTimeOffset lastDiscovery, TimeSpan interval, DateTimeOffset now) =>
        now - lastDiscovery <= interval * SilentIntervals
            ? null
            : new(
                ErrorCatalog.SourceSilent.Code,
                $"Discovery of source '{source}' last finished at {AlertText.Utc(lastDiscovery)}, and the one since then does not "
                    + "finish: new databases there are not backed up.",
                "Check that the server responds, or that the file system is not frozen: reads from a mount whose server is gone block."
            );

    /// <summary>Creates the problem of a source that has lost so many databases within a day that an operator has to confirm it.</summary>
    /// <param name="source">Its name.</param>
    /// <param name="missing">Number of missing databases, at least 1.</param>
    public static OperationError CreateShrunkError(string source, int missing) =>
        new(
            ErrorCatalog.SourceShrunk.Code,
            $"Source '{source}' has lost {missing.ToString(CultureInfo.InvariantCulture)} "
                + $"{(missing == 1 ? "database" : "databases")} within a day, which is all or most of them. "
                + $"{(missing == 1 ? "It counts" : "They count")} as missing, and {(missing == 1 ? "is" : "are")} not backed up.",
            $"Check that the file system is mounted and that this is the right server. If they were dropped: holdfast source confirm "
                + $"{source}"
        );

    private static Alert Missing(AlertSnapshot snapshot, string source, int missing, bool hasSource) =>
        hasSource
            ? Make(snapshot, AlertKind.SourceShrunk, "shrunk", source, CreateShrunkError(source, missing))
            : Make(snapshot, AlertKind.SourceSilent, "unconfigured", source, Unconfigured(source, missing));

    private static OperationError Unconfigured(string source, int missing) =>
        new(
            ErrorCatalog.SourceSilent.Code,
            $"Source '{source}' is no longer configured on this node: {missing.ToString(CultureInfo.InvariantCulture)} "
                + $"{(missing == 1 ? "database" : "databases")} registered under its name {(missing == 1 ? "counts" : "count")} as "
                + $"missing, and {(missing == 1 ? "is" : "are")} not backed up.",
            $"Restore it in holdfast.json under this name and restart. If it was removed or renamed on purpose: holdfast source "
                + $"confirm {source}; the backups are kept."
        );

    private static IEnumerable<Alert> Source(AlertSnapshot snapshot, SourceAlertInput source)
    {
        if (source.Problem is { } problem)
        {
            var isOther = problem.Code == ErrorCatalog.SourceIdentity.Code;
            yield return Make(
                snapshot,
                isOther ? AlertKind.SourceIdentity : AlertKind.SourceDown,
                isOther ? "identity" : "source",
                source.Name,
                problem with
                {
                    Message = isOther ? problem.Message : $"Discovery of source '{source.Name}' failed: {problem.Message}",
                    Hint = problem.Hint ?? "Its databases stay as last discovered until discovery works again.",
                }
            );
        }

        if (
            source.LastDiscovery is { } lastDiscovery
            && CheckSilence(source.Name, lastDiscovery, source.DiscoveryInterval, snapshot.Now) is { } silence
        )
        {
            yield return Make(snapshot, AlertKind.SourceSilent, "silent", source.Name, silence) with
            {
                Since = lastDiscovery,
            };
        }
        if (source.RestoreRole is { } role)
        {
            yield return RoleChanged(snapshot, source.Name, role);
        }
    }

    private static Alert RoleChanged(AlertSnapshot snapshot, string source, RestoreRoleChange role) =>
        Make(
            snapshot,
            AlertKind.RestoreRoleChanged,
            "restore-role",
            source,
            new(
                ErrorCatalog.RestoreRoleChanged.Code,
                $"A restore into '{source}' failed: {role.Message}",
                $"{role.Hint} Then acknowledge this alert; a restore that finds the role unchanged also resolves it.".TrimStart()
            )
        ) with
        {
            Since = role.At,
        };

    // One location under two names is one directory configured twice; one identity at two locations is a copy. (Copies of servers are
    // common.)
    private static IEnumerable<Alert> Copies(AlertSnapshot snapshot)
    {
        var groups = snapshot
            .Sources.Where(s => s is { Identity: not null, Location: not null })
            .GroupBy(s => s.Identity!, StringComparer.Ordinal);
        foreach (var group in groups.Where(g => g.DistinctBy(s => s.Location).Skip(1).Any()))
        {
            var names = group.Select(s => s.Name).Order(StringComparer.Ordinal).ToList();
            yield return Make(
                snapshot,
                AlertKind.SourceIdentity,
                "copy",
                names[^1],
                new(
                    ErrorCatalog.SourceIdentity.Code,
                    $"The sources {string.Join(" and ", names.Select(n => $"'{n}'"))} have the same identity {group.Key} at "
                        + "different locations: one is a copy of the other.",
                    "Delete the file .holdfast-source in the directory that is the copy; it then gets an identity of its own."
                )
            ) with
            {
                Severity = AlertSeverity.Warning,
            };
        }
    }

    private static Alert Make(AlertSnapshot snapshot, AlertKind kind, string key, string source, OperationError problem) =>
        new()
        {
            Key = $"{key}:{source}",
            Kind = kind,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now,
            Subject = new() { Source = source },
            Message = problem.Message,
            Hint = problem.Hint,
        };
}
