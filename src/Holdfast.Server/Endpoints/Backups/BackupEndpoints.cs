using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Backups;
using Holdfast.Api.Operations;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;
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

/// <summary>Endpoints of stored backups: listing, checking, verifying, deleting and restoring them.</summary>
internal static class BackupEndpoints
{
    private const int MaxPoints = 1_000;
    private const int MaxChains = 1_000;
    private static readonly ValidationError FromIsMissing = new(
        "from",
        "The location is missing.",
        "Give the id of a database, destination:NAME/path, or an absolute path."
    );

    public static void MapBackups(this RouteGroupBuilder api)
    {
        api.MapGet(BackupRoutes.Points, ListAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("List restore points of a database, a destination or a path");
        api.MapGet(BackupRoutes.Chains, ListChainsAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("List chains of a database at each destination, of a destination, or of a path");
        api.MapGet(BackupRoutes.Databases, ListDatabasesAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("List databases that have backups at a destination or below a path");
        api.MapPost(BackupRoutes.Check, CheckAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Check whether a restore point can be read with the given keys and those that the server stores");
        api.MapPost(BackupRoutes.Verify, VerifyAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Verify chains of a database by reading every byte, and record the results");
        api.MapPost(BackupRoutes.RemoveChain, RemoveAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Delete one chain at a destination, if it is as it was shown");
        api.MapPost(BackupRoutes.Restores, RestoreAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Restore a restore point as a new database");
    }

    private static async Task<Ok<Page<RestorePointView>>> ListAsync(
        string from,
        BackupFinder finder,
        ArchiveKeys archiveKeys,
        TrustedClockMonitor clock,
        ChainExpiry expiry,
        CancellationToken cancellationToken
    )
    {
        if (from.Length == 0)
        {
            ValidationException.ThrowIfAny([FromIsMissing]);
        }
        var stored = await finder.FindAsync(from, cancellationToken);
        await using var destination = stored.Destination;
        var keys = await archiveKeys.AllAsync(cancellationToken);
        var points = new List<RestorePointView>();
        await foreach (var point in RestorePointFinder.ListAsync(stored, keys, cancellationToken, clock.LatestPossibleTime))
        {
            if (points.Count == MaxPoints)
            {
                break;
            }
            var archive = point.Archive.Name;
            points.Add(
                new()
                {
                    Path = point.Archive.Path,
                    Time = archive.Time,
                    Kind = archive.FileType.ToString(),
                    Bytes = point.Archive.Length,
                    Id = point.Id,
                    Database = point.Database,
                    Needs = point.Needs?.ToString(),
                    Expiring =
                        stored.DestinationName is { } name && expiry.IsExpiring(name, stored.PathOf(point.Chain), point.Chain.NewestTime),
                    Problem = point.Problem is null ? null : OperationError.From(point.Problem),
                }
            );
        }

        return TypedResults.Ok(new Page<RestorePointView>(points));
    }

    private static async Task<Ok<ChainsView>> ListChainsAsync(
        string from,
        BackupFinder finder,
        ChainViewFactory views,
        CancellationToken cancellationToken
    )
    {
        await using var found = await SearchAsync(from, finder, cancellationToken);
        var chains = found
            .Locations.SelectMany(p => views.SortNewestFirst(p).Select(c => (Place: p, Chain: c)))
            .Where(c => c.Chain.Archives.Count > 0)
            .Take(MaxChains + 1)
            .Select(c => views.Create(c.Place, c.Chain))
            .ToList();
        return TypedResults.Ok(
            new ChainsView(
                [.. chains.Take(MaxChains)],
                found.Problems.ToDictionary(p => p.Key, p => OperationError.From(p.Value)),
                chains.Count > MaxChains
            )
        );
    }

    private static async Task<Ok<Page<BackedUpDatabaseView>>> ListDatabasesAsync(
        string from,
        BackupFinder finder,
        CancellationToken cancellationToken
    )
    {
        await using var found = await SearchAsync(from, finder, cancellationToken);
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
        RestorePointOpener points,
        CancellationToken cancellationToken
    )
    {
        ValidationException.ThrowIfAny([.. Validate(body.From, body.Keys)]);
        context.AddAuditSubject(("from", body.From), ("point", body.Point));
        return TypedResults.Ok(
            RestorePointCheckMapper.ToView(await points.CheckAsync(body.From, body.Point, body.Keys, cancellationToken))
        );
    }

    private static async Task<Accepted<OperationIdView>> VerifyAsync(
        VerifyRequest body,
        HttpContext context,
        BackupFinder finder,
        VerificationService verification,
        OperationStore operations,
        CancellationToken cancellationToken
    )
    {
        ValidationException.ThrowIfAny([.. Validate(body.From, body.Keys)]);
        context.AddAuditSubject(("from", body.From));
        var ask = new VerifyJob
        {
            From = body.From,
            Database = await FindSingleDatabaseAsync(body.From, finder, cancellationToken),
            Keys = body.Keys,
        };
        var operation = await verification.VerifyAsync(ask, context.User.Caller()!.Display, cancellationToken);
        context.AddAuditSubject(("operation", operation.Id));
        return await AcceptedOperation.RespondAsync(operations, operation.Id, cancellationToken);
    }

    private static async Task<NoContent> RemoveAsync(
        ChainRemovalRequest body,
        HttpContext context,
        BackupFinder finder,
        ChainRemovalService removal,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        if (BackupFinder.ParseDestination(body.From) is not ({ } name, { Length: > 0 } path))
        {
            throw ValidationException.Create([
                new(
                    "from",
                    "This is not a chain at a destination.",
                    "Give destination:NAME/SOURCE/DATABASE/CHAIN, as listed by GET /api/v1/backups/chains."
                ),
            ]);
        }
        await finder.ValidateAsync(body.From, cancellationToken);
        // Written before the deletion, so that the log has it even if the server stops meanwhile.
        var subject = $"{body.From} ({string.Join(", ", body.Archives.Keys)})";
        await audit.WriteAsync(context, "chain-removed", subject, "begins");
        await removal.RemoveAsync(name, path.TrimEnd('/'), body.Archives, cancellationToken);
        await audit.WriteAsync(context, "chain-removed", subject, "done");
        return TypedResults.NoContent();
    }

    // Like every operation, a verification concerns one database.
    private static async Task<DatabaseId> FindSingleDatabaseAsync(string from, BackupFinder finder, CancellationToken cancellationToken)
    {
        if (BackupFinder.IsDatabase(from))
        {
            return DatabaseId.Parse(from);
        }
        await using var found = await SearchAsync(from, finder, cancellationToken);
        var databases = found.Locations.SelectMany(p => p.Resolved.Chains.Select(p.DatabaseOf)).Distinct(StringComparer.Ordinal).ToList();
        if (databases is [var only])
        {
            return DatabaseId.Parse(only);
        }
        throw ValidationException.Create([
            new(
                "from",
                $"This location contains backups of {databases.Count} databases.",
                "Verify one database at a time: GET /api/v1/backups/databases lists their folders."
            ),
        ]);
    }

    private static async Task<Accepted<OperationIdView>> RestoreAsync(
        RestoreRequest body,
        HttpContext context,
        RestoreService restores,
        OperationStore operations,
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
        var operation = await restores.RestoreAsync(ask, context.User.Caller()!.Display, cancellationToken);
        context.AddAuditSubject(("operation", operation.Id));
        return await AcceptedOperation.RespondAsync(operations, operation.Id, cancellationToken);
    }

    private static Task<BackupSearchResult> SearchAsync(string from, BackupFinder finder, CancellationToken cancellationToken)
    {
        if (from.Length == 0)
        {
            ValidationException.ThrowIfAny([FromIsMissing]);
        }
        return finder.SearchAsync(from, cancellationToken);
    }

    private static List<ValidationError> Validate(RestoreRequest body)
    {
        var errors = Validate(body.From, body.Keys).ToList();
        if (DatabaseIdValidator.Validate("target", body.Target) is { } target)
        {
            errors.Add(target);
        }
        return errors;
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
                "One of the keys is not valid.",
                "Give AGE-SECRET-KEY-1…, 32 bytes as Base64, or 'passphrase: ' followed by the passphrase."
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
            return false; // the answer is about the field, not about a single key
        }
    }
}
