using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>The rules about sources.</summary>
public static class SourceAlerts
{
    /// <summary>So many intervals after its last look a source counts as silent.</summary>
    public const int SilentIntervals = 3;

    /// <summary>All alerts about the sources of a snapshot.</summary>
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

    /// <summary>What is the matter with a source that does not finish to be looked at; null where it does.</summary>
    /// <param name="source">Its name.</param>
    /// <param name="lastDiscovery">When the last look at it ended, or it was attached.</param>
    /// <param name="interval">Time between two looks.</param>
    /// <param name="now">The moment.</param>
    public static OperationError? CheckSilence(string source, DateTimeOffset lastDiscovery, TimeSpan interval, DateTimeOffset now) =>
        now - lastDiscovery <= interval * SilentIntervals
            ? null
            : new(
                ErrorCatalogue.SourceSilent.Code,
                $"Source '{source}' was looked at last at {Utc(lastDiscovery)}, and the look since then does not end: databases "
                    + "that are new there are not backed up.",
                "Check that the server answers, or that the file system is not frozen: a mount whose server is gone holds whoever reads it."
            );

    /// <summary>What is the matter with a source that has lost so many databases within a day that it has to be confirmed.</summary>
    /// <param name="source">Its name.</param>
    /// <param name="missing">How many, 1 and more.</param>
    public static OperationError CreateShrunkError(string source, int missing) =>
        new(
            ErrorCatalogue.SourceShrunk.Code,
            $"Source '{source}' has lost {missing.ToString(CultureInfo.InvariantCulture)} "
                + $"{(missing == 1 ? "database" : "databases")} within a day: all that it had, or most. "
                + $"{(missing == 1 ? "It counts" : "They count")} as missing, and {(missing == 1 ? "is" : "are")} not backed up.",
            "Check that the file system is mounted, and that it is the right server. If they were dropped: holdfast source "
                + $"confirm {source}"
        );

    private static Alert Missing(AlertSnapshot snapshot, string source, int missing, bool hasSource) =>
        hasSource
            ? Make(snapshot, AlertKind.SourceShrunk, "shrunk", source, CreateShrunkError(source, missing))
            : Make(snapshot, AlertKind.SourceSilent, "unconfigured", source, Unconfigured(source, missing));

    private static OperationError Unconfigured(string source, int missing) =>
        new(
            ErrorCatalogue.SourceSilent.Code,
            $"Source '{source}' is not configured on this node any more: {missing.ToString(CultureInfo.InvariantCulture)} "
                + $"{(missing == 1 ? "database that is" : "databases that are")} known by its name "
                + $"{(missing == 1 ? "counts" : "count")} as missing, and {(missing == 1 ? "is" : "are")} not backed up.",
            "Put it back into holdfast.json under this name, and restart. If it was meant, as after renaming it: holdfast "
                + $"source confirm {source}; the backups stay."
        );

    private static IEnumerable<Alert> Source(AlertSnapshot snapshot, SourceAlertInput source)
    {
        if (source.Problem is { } problem)
        {
            var isOther = problem.Code == ErrorCatalogue.SourceIdentity.Code;
            yield return Make(
                snapshot,
                isOther ? AlertKind.SourceIdentity : AlertKind.SourceDown,
                isOther ? "identity" : "source",
                source.Name,
                problem with
                {
                    Message = isOther ? problem.Message : $"Source '{source.Name}' cannot be looked at: {problem.Message}",
                    Hint = problem.Hint ?? "What was known of its databases stands until it can be looked at again.",
                }
            );
        }

        if (source.LastDiscovery is { } look && CheckSilence(source.Name, look, source.DiscoveryInterval, snapshot.Now) is { } silence)
        {
            yield return Make(snapshot, AlertKind.SourceSilent, "silent", source.Name, silence) with
            {
                Since = look,
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
                ErrorCatalogue.RestoreRoleChanged.Code,
                $"A restore into '{source}' has failed: {role.Message}",
                $"{role.Hint} Then acknowledge this alert; a restore that finds the role as it was ends it too.".TrimStart()
            )
        ) with
        {
            Since = role.At,
        };

    // The same place under two names is two views of one directory; one identity at two places is a copy. (Of servers,
    // copies are everyday.)
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
                    ErrorCatalogue.SourceIdentity.Code,
                    $"The sources {string.Join(" and ", names.Select(n => $"'{n}'"))} have the same identity {group.Key} and "
                        + "lie at different places: one is a copy of the other.",
                    "Delete the file .holdfast-source in the directory that is the copy; it gets an identity of its own."
                )
            ) with
            {
                Severity = AlertSeverity.Warning,
            };
        }
    }

    private static Alert Make(AlertSnapshot snapshot, AlertKind kind, string key, string source, OperationError what) =>
        new()
        {
            Key = $"{key}:{source}",
            Kind = kind,
            Severity = AlertSeverity.Error,
            Since = snapshot.Now,
            Subject = new() { Source = source },
            Message = what.Message,
            Hint = what.Hint,
        };

    private static string Utc(DateTimeOffset time) =>
        $"{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";
}
