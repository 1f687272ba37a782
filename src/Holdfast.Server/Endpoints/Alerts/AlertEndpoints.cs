using System.Globalization;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Alerts;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Node.Alerts;
using Holdfast.Node.Catalog;
using Holdfast.Node.Restores;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Alerts;

/// <summary>What is not as it should be.</summary>
internal static class AlertEndpoints
{
    private const int MaxLimit = 1_000;

    public static void MapAlerts(this RouteGroupBuilder api)
    {
        api.MapPost(AlertRoutes.Acknowledge, AcknowledgeAsync)
            .WithTags("Alerts")
            .RequireRole(Role.Operator)
            .WithSummary(
                "Take note of backups that are missing, or say that a role is as it should be again: their alerts stand no longer"
            );
        api.MapGroup(AlertRoutes.List)
            .WithTags("Alerts")
            .RequireRole(Role.Viewer)
            .MapGet("", List)
            .WithSummary("Alerts that stand, the gravest first; filtered by kind, least severity, database, destination and source");
    }

    private static async Task<Ok<AcknowledgedView>> AcknowledgeAsync(
        AcknowledgeRequest body,
        AlertMonitor monitor,
        RestoreRoleGuard roles,
        ICatalog catalog,
        CancellationToken cancellationToken
    )
    {
        var standing = monitor.Active.ToDictionary(a => a.Key, StringComparer.Ordinal);
        var alerts = body
            .Keys.Distinct(StringComparer.Ordinal)
            .Select(k =>
                standing.GetValueOrDefault(k)
                ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"No alert '{k}' stands.", "List them with GET /api/v1/alerts.")
            )
            .ToList();
        if (alerts.Find(a => a.Kind is not (AlertKind.BackupsMissing or AlertKind.RestoreRoleChanged)) is { } other)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{other.Key}' cannot be acknowledged.",
                "It goes when its reason does."
            );
        }
        var count = 0;
        foreach (var alert in alerts)
        {
            if (alert.Kind == AlertKind.RestoreRoleChanged)
            {
                roles.Acknowledge(alert.Subject.Source!);
            }
            else
            {
                count += await catalog.AcknowledgeAsync(alert.Subject.Destination!, DatabaseId.Parse(alert.Subject.Database!));
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        monitor.Evaluate();
        return TypedResults.Ok(new AcknowledgedView(count, alerts.Count));
    }

    private static Ok<Page<Alert>> List(
        AlertMonitor monitor,
        AlertKind? kind = null,
        AlertSeverity? severity = null,
        string? database = null,
        string? destination = null,
        string? source = null,
        string? after = null,
        int limit = 100
    )
    {
        if (limit is < 1 or > MaxLimit)
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"limit {limit} is out of range.", $"Give 1 to {MaxLimit}.");
        }
        var place = after is null ? default : Cursor(after);
        var found = monitor
            .Active.Where(a =>
                (kind is null || a.Kind == kind)
                && (severity is null || a.Severity >= severity)
                && (database is null || a.Subject.Database == database)
                && (destination is null || a.Subject.Destination == destination)
                && (source is null || a.Subject.Source == source)
                && (after is null || Compare(a, place) > 0)
            )
            .Take(limit + 1)
            .ToList();
        return TypedResults.Ok(new Page<Alert>([.. found.Take(limit)], found.Count > limit ? Cursor(found[limit - 1]) : null));
    }

    // The place of an alert in the list, which stands though the alert may be gone by the next page.
    private static string Cursor(Alert alert) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)alert.Severity}~{alert.Since.UtcTicks}~{alert.Key}");

    private static (AlertSeverity Severity, long Ticks, string Key) Cursor(string text) =>
        text.Split('~', 3) is [var severity, var ticks, var key]
        && int.TryParse(severity, CultureInfo.InvariantCulture, out var s)
        && long.TryParse(ticks, CultureInfo.InvariantCulture, out var t)
            ? ((AlertSeverity)s, t, key)
            : throw new HoldfastException(ErrorCatalogue.Usage, "'after' is not a place in this list.", "Pass 'next' of the page before.");

    private static int Compare(Alert alert, (AlertSeverity Severity, long Ticks, string Key) place) =>
        alert.Severity != place.Severity ? place.Severity.CompareTo(alert.Severity)
        : alert.Since.UtcTicks != place.Ticks ? alert.Since.UtcTicks.CompareTo(place.Ticks)
        : string.CompareOrdinal(alert.Key, place.Key);
}
