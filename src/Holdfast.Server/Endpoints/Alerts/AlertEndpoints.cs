using System.Globalization;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Alerts;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Node;
using Holdfast.Node.Alerts;
using Holdfast.Node.Catalog;
using Holdfast.Node.Restores;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Alerts;

/// <summary>Active alerts: listing and acknowledging them.</summary>
internal static class AlertEndpoints
{
    public static void MapAlerts(this RouteGroupBuilder api)
    {
        api.MapPost(AlertRoutes.Acknowledge, AcknowledgeAsync)
            .WithTags("Alerts")
            .RequireRole(Role.Operator)
            .WithSummary("Acknowledge alerts about missing backups, or about a restore role that changed: these alerts end");
        api.MapGroup(AlertRoutes.List)
            .WithTags("Alerts")
            .RequireRole(Role.Viewer)
            .MapGet("", List)
            .WithSummary("Active alerts, most severe first; filtered by kind, minimum severity, database, destination and source");
    }

    private static async Task<Ok<AcknowledgedView>> AcknowledgeAsync(
        AcknowledgeRequest body,
        AlertMonitor monitor,
        RestoreRoleGuard roles,
        ICatalog catalog,
        CancellationToken cancellationToken
    )
    {
        var active = monitor.Active.ToDictionary(a => a.Key, StringComparer.Ordinal);
        var alerts = body
            .Keys.Distinct(StringComparer.Ordinal)
            .Select(k =>
                active.GetValueOrDefault(k)
                ?? throw new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"There is no active alert '{k}'.",
                    "List them with GET /api/v1/alerts."
                )
            )
            .ToList();
        if (alerts.Find(a => a.Kind is not (AlertKind.BackupsMissing or AlertKind.RestoreRoleChanged)) is { } other)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{other.Key}' cannot be acknowledged.",
                "It ends when its cause is resolved."
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

    private static Ok<Page<Alert>> List([AsParameters] AlertQuery query, AlertMonitor monitor)
    {
        var limit = query.Limit ?? 100;
        Paging.ValidateLimit(limit);
        ValidationException.ThrowIfAny([.. Paging.ValidateEnum("kind", query.Kind), .. Paging.ValidateEnum("severity", query.Severity)]);
        var after = query.After is null ? default : ParseCursor(query.After);
        var found = monitor
            .Active.Where(a =>
                (query.Kind is null || a.Kind == query.Kind)
                && (query.Severity is null || a.Severity >= query.Severity)
                && (query.Database is null || a.Subject.Database == query.Database)
                && (query.Destination is null || a.Subject.Destination == query.Destination)
                && (query.Source is null || a.Subject.Source == query.Source)
                && (query.After is null || Compare(a, after) > 0)
            )
            .Take(limit + 1)
            .ToList();
        return TypedResults.Ok(Paging.ToPage(found, limit, FormatCursor));
    }

    // The position of an alert in the list. It stays valid if the alert has ended by the time the next page is requested.
    private static string FormatCursor(Alert alert) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)alert.Severity}~{alert.Since.UtcTicks}~{alert.Key}");

    private static (AlertSeverity Severity, long Ticks, string Key) ParseCursor(string text) =>
        text.Split('~', 3) is [var severity, var ticks, var key]
        && int.TryParse(severity, CultureInfo.InvariantCulture, out var s)
        && long.TryParse(ticks, CultureInfo.InvariantCulture, out var t)
            ? ((AlertSeverity)s, t, key)
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                "'after' is not a position in this list.",
                "Pass 'next' of the previous page."
            );

    private static int Compare(Alert alert, (AlertSeverity Severity, long Ticks, string Key) cursor) =>
        alert.Severity != cursor.Severity ? cursor.Severity.CompareTo(alert.Severity)
        : alert.Since.UtcTicks != cursor.Ticks ? alert.Since.UtcTicks.CompareTo(cursor.Ticks)
        : string.CompareOrdinal(alert.Key, cursor.Key);
}
