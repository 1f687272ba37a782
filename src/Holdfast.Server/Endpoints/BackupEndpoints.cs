using System.Security.Claims;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Restores;
using Holdfast.Node.Secrets;
using Holdfast.Node;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>What can be restored, and restoring it.</summary>
internal static class BackupEndpoints
{
    private const int MostPoints = 1_000;
    private static readonly Fault Nothing = new("from", "It does not say where to look.", "Give a database's id, destination:NAME/path, or an absolute path.");

    public static void MapBackups(this RouteGroupBuilder api)
    {
        api.MapGet("/backups", ListAsync).WithTags("Backups").RequireRole(Role.Viewer).WithSummary("Restore points of a database, a destination or a path");
        api.MapPost("/restores", RestoreAsync).WithTags("Backups").RequireRole(Role.Operator).WithSummary("Restore a point as a new database");
    }

    private static async Task<Ok<Page<PointView>>> ListAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (from.Length == 0) InvalidException.ThrowIfAny([Nothing]);
        var stored = await node.Backups.FindAsync(from, cancellationToken);
        var keys = await node.ArchiveKeys.AllAsync(cancellationToken);
        var points = new List<PointView>();
        await foreach (var point in PointFinder.ListAsync(stored, keys, cancellationToken))
        {
            if (points.Count == MostPoints) break;
            var name = point.Archive.Name;
            points.Add(new(point.Archive.Path, name.Time, name.Form.ToString(), point.Archive.Length, point.Header?.Id, point.Header?.Database, point.Needs?.ToString(), point.Problem is null ? null : OperationError.Of(point.Problem)));
        }

        return TypedResults.Ok(new Page<PointView>(points));
    }

    private static Task<Accepted<OperationIdView>> RestoreAsync(RestoreRequest body, ClaimsPrincipal principal, HoldfastNode node, CancellationToken cancellationToken)
    {
        InvalidException.ThrowIfAny(Faults(body));
        var operation = node.Restore(new RestoreAsk { From = body.From, Point = body.Point, Target = DatabaseId.Parse(body.Target), Keys = body.Keys }, principal.Caller()!.Display);
        return Begun.OneAsync(node, operation.Id, cancellationToken);
    }

    private static List<Fault> Faults(RestoreRequest body)
    {
        var faults = new List<Fault>();
        if (body.From.Length == 0) faults.Add(Nothing);
        if (DatabaseNames.Of("target", body.Target) is { } target) faults.Add(target);
        if (body.Keys.Any(k => !IsKey(k))) faults.Add(new("keys", "One of them is not a key.", "Give AGE-SECRET-KEY-1…, 32 bytes as Base64, or 'passphrase: ' and the passphrase."));
        return faults;
    }

    private static bool IsKey(string? text)
    {
        try
        {
            return text is not null && !ArchiveKeys.Parse(text).IsEmpty;
        }
        catch (HoldfastException)
        {
            return false; // its message is about one key; what is answered is about the field
        }
    }
}
