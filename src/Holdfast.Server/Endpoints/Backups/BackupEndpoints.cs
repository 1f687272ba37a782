using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Restores;
using Holdfast.Node.Secrets;
using Holdfast.Node.Verification;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Holdfast.Server.Endpoints.Databases;
using Holdfast.Server.Endpoints.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Backups;

/// <summary>What can be restored, and restoring it.</summary>
internal static class BackupEndpoints
{
    private const int MaxPoints = 1_000;
    private const int MaxChains = 1_000;
    private static readonly ValidationError FromIsMissing = new(
        "from",
        "It does not say where to look.",
        "Give a database's id, destination:NAME/path, or an absolute path."
    );

    public static void MapBackups(this RouteGroupBuilder api)
    {
        api.MapGet(BackupRoutes.Points, ListAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("Restore points of a database, a destination or a path");
        api.MapGet(BackupRoutes.Chains, ListChainsAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("Chains of a database at each destination, of a destination or a path, by their names");
        api.MapGet(BackupRoutes.Databases, ListDatabasesAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("Databases of which backups lie at a destination or under a path");
        api.MapPost(BackupRoutes.Check, CheckAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Try whether a restore point can be read, with the keys given and those that the server keeps");
        api.MapPost(BackupRoutes.Verify, VerifyAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Read every byte of a database's chains, and note what is whole");
        api.MapPost(BackupRoutes.RemoveChain, RemoveAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Remove one chain at a destination, as it was shown");
        api.MapPost(BackupRoutes.Restores, RestoreAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Restore a point as a new database");
    }

    private static async Task<Ok<Page<RestorePointView>>> ListAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (from.Length == 0)
        {
            ValidationException.ThrowIfAny([FromIsMissing]);
        }
        var stored = await node.Backups.FindAsync(from, cancellationToken);
        await using var destination = stored.Destination;
        var keys = await node.ArchiveKeys.AllAsync(cancellationToken);
        var points = new List<RestorePointView>();
        await foreach (var point in RestorePointFinder.ListAsync(stored, keys, cancellationToken, node.Clock.LatestPossibleTime))
        {
            if (points.Count == MaxPoints)
            {
                break;
            }
            var name = point.Archive.Name;
            points.Add(
                new(
                    point.Archive.Path,
                    name.Time,
                    name.FileType.ToString(),
                    point.Archive.Length,
                    point.Header?.Id,
                    point.Header?.Database,
                    point.Needs?.ToString(),
                    point.Problem is null ? null : OperationError.From(point.Problem)
                )
            );
        }

        return TypedResults.Ok(new Page<RestorePointView>(points));
    }

    private static async Task<Ok<ChainsView>> ListChainsAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        await using var found = await SearchAsync(from, node, cancellationToken);
        var chains = found
            .Locations.SelectMany(p => SortNewestFirst(p, node).Select(c => (Place: p, Chain: c)))
            .Where(c => c.Chain.Archives.Count > 0)
            .Take(MaxChains + 1)
            .Select(c => ToView(c.Place, c.Chain, node))
            .ToList();
        return TypedResults.Ok(
            new ChainsView(
                [.. chains.Take(MaxChains)],
                found.Problems.ToDictionary(p => p.Key, p => OperationError.From(p.Value)),
                chains.Count > MaxChains
            )
        );
    }

    // The newest first. A name that lies ahead says nothing of that: such a chain stands where it was begun, by what
    // the node has recorded, else last.
    private static IEnumerable<StoredChain> SortNewestFirst(BackupLocation place, HoldfastNode node)
    {
        var latest = node.Clock.LatestPossibleTime;
        if (!place.Resolved.Chains.Any(c => c.HasFutureName(latest)))
        {
            return place.Resolved.Chains;
        }
        return place
            .Resolved.Chains.GroupBy(place.FolderOf, StringComparer.Ordinal)
            .SelectMany(g => g.OrderByDescending(c => c.HasFutureName(latest) ? Begun(c) : c.NewestTime));

        DateTimeOffset Begun(StoredChain chain) =>
            node.Catalog.Find(place.PathOf(chain))?.Entries.Select(e => e.Archive.Started).Max() ?? DateTimeOffset.MinValue;
    }

    private static async Task<Ok<Page<BackedUpDatabaseView>>> ListDatabasesAsync(
        string from,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        await using var found = await SearchAsync(from, node, cancellationToken);
        var databases = found.Locations.SelectMany(p =>
            p.Resolved.Chains.Where(c => c.Archives.Count > 0)
                .GroupBy(p.FolderOf)
                .Select(g => new BackedUpDatabaseView(
                    g.Key,
                    p.DatabaseOf(g.First()),
                    g.Count(),
                    g.Sum(c => c.Archives.Count),
                    g.Max(c => c.NewestTime),
                    g.Sum(c => c.Archives.Sum(a => a.Length))
                ))
        );
        return TypedResults.Ok(new Page<BackedUpDatabaseView>([.. databases.OrderBy(d => d.Name, StringComparer.Ordinal)]));
    }

    private static async Task<Ok<RestorePointCheckView>> CheckAsync(
        RestorePointCheckRequest body,
        HttpContext context,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        ValidationException.ThrowIfAny([.. Validate(body.From, body.Keys)]);
        context.AddAuditSubject(("from", body.From), ("point", body.Point));
        return TypedResults.Ok(
            RestorePointCheckMapper.ToView(await node.RestorePoints.CheckAsync(body.From, body.Point, body.Keys, cancellationToken))
        );
    }

    private static async Task<Accepted<OperationIdView>> VerifyAsync(
        VerifyRequest body,
        HttpContext context,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        ValidationException.ThrowIfAny([.. Validate(body.From, body.Keys)]);
        context.AddAuditSubject(("from", body.From));
        var ask = new VerifyJob
        {
            From = body.From,
            Database = await FindSingleDatabaseAsync(body.From, node, cancellationToken),
            Keys = body.Keys,
        };
        var operation = await node.VerifyAsync(ask, context.User.Caller()!.Display, cancellationToken);
        context.AddAuditSubject(("operation", operation.Id));
        return await AcceptedOperation.RespondAsync(node, operation.Id, cancellationToken);
    }

    private static async Task<NoContent> RemoveAsync(
        ChainRemovalRequest body,
        HttpContext context,
        HoldfastNode node,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        if (BackupFinder.ParseDestination(body.From) is not ({ } name, { Length: > 0 } path))
        {
            throw ValidationException.Create([
                new(
                    "from",
                    "It does not name a chain at a destination.",
                    "Give destination:NAME/SOURCE/DATABASE/CHAIN, as GET /api/v1/backups/chains tells it."
                ),
            ]);
        }
        await node.Backups.ValidateAsync(body.From, cancellationToken);
        // Before, so that it stands there whatever becomes of the server meanwhile.
        var subject = $"{body.From} ({string.Join(", ", body.Archives.Keys)})";
        await audit.WriteAsync(context, "chain-removed", subject, "begins");
        await node.ChainRemoval.RemoveAsync(name, path.TrimEnd('/'), body.Archives, cancellationToken);
        await audit.WriteAsync(context, "chain-removed", subject, "done");
        return TypedResults.NoContent();
    }

    // A verification is of one database, as every operation.
    private static async Task<DatabaseId> FindSingleDatabaseAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (BackupFinder.IsDatabase(from))
        {
            return DatabaseId.Parse(from);
        }
        await using var found = await SearchAsync(from, node, cancellationToken);
        var databases = found.Locations.SelectMany(p => p.Resolved.Chains.Select(p.DatabaseOf)).Distinct(StringComparer.Ordinal).ToList();
        if (databases is [var only])
        {
            return DatabaseId.Parse(only);
        }
        throw ValidationException.Create([
            new(
                "from",
                $"Backups of {databases.Count} databases lie there.",
                "Verify those of one database at a time: GET /api/v1/backups/databases lists their folders."
            ),
        ]);
    }

    private static async Task<Accepted<OperationIdView>> RestoreAsync(
        RestoreRequest body,
        HttpContext context,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        ValidationException.ThrowIfAny(Validate(body));
        context.AddAuditSubject(("from", body.From), ("point", body.Point), ("target", body.Target));
        var ask = new RestoreJob
        {
            From = body.From,
            Point = body.Point,
            Target = DatabaseId.Parse(body.Target),
            Keys = body.Keys,
            File = new() { RestoreMode = body.KeepMode, RestoreOwner = body.KeepOwner },
            ContinueOnError = body.ContinueOnError,
        };
        var operation = await node.RestoreAsync(ask, context.User.Caller()!.Display, cancellationToken);
        context.AddAuditSubject(("operation", operation.Id));
        return await AcceptedOperation.RespondAsync(node, operation.Id, cancellationToken);
    }

    private static Task<BackupSearchResult> SearchAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (from.Length == 0)
        {
            ValidationException.ThrowIfAny([FromIsMissing]);
        }
        return node.Backups.SearchAsync(from, cancellationToken);
    }

    private static ChainView ToView(BackupLocation place, StoredChain chain, HoldfastNode node)
    {
        var from = place.ReferenceTo(chain.Path);
        var folder = from[(from.LastIndexOf('/') + 1)..];
        var named = ChainName.TryParse(folder) is not null;
        var archives = place.Resolved.Archive is { } only ? [only] : chain.Archives;
        return new()
        {
            From = from,
            Destination = place.Destination,
            Database = place.DatabaseOf(chain),
            Folder = folder,
            Time = named ? chain.Name.Time : null,
            Node = named ? chain.Name.Node : null,
            Type = named ? chain.Name.Type : null,
            Task = chain.Name.Task,
            TaskName = chain.Name.Task is { } task ? node.Tasks.Find(task)?.Name : null,
            HasFull = chain.HasFull,
            Check = place.Destination is { } destination ? node.VerificationHistory.Find(destination, place.PathOf(chain)) : null,
            Archives =
            [
                .. archives.Select(a => new ArchiveView(
                    place.ReferenceTo(a.Path),
                    a.Name.ToString(),
                    a.Name.Time,
                    a.Name.FileType.ToString(),
                    a.Length,
                    a.Name.IsEncrypted
                )),
            ],
        };
    }

    private static List<ValidationError> Validate(RestoreRequest body)
    {
        var faults = Validate(body.From, body.Keys).ToList();
        if (DatabaseIdValidator.Validate("target", body.Target) is { } target)
        {
            faults.Add(target);
        }
        return faults;
    }

    private static IEnumerable<ValidationError> Validate(string from, IReadOnlyList<string> keys)
    {
        if (from.Length == 0)
        {
            yield return FromIsMissing;
        }
        if (keys.Any(k => !IsKey(k)))
        {
            yield return new(
                "keys",
                "One of them is not a key.",
                "Give AGE-SECRET-KEY-1…, 32 bytes as Base64, or 'passphrase: ' and the passphrase."
            );
        }
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
