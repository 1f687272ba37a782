using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Restores;
using Holdfast.Node.Secrets;
using Holdfast.Node.Stores;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>What can be restored, and restoring it.</summary>
internal static class BackupEndpoints
{
    private const int MostPoints = 1_000;
    private const int MostChains = 1_000;
    private static readonly Fault Nothing = new(
        "from",
        "It does not say where to look.",
        "Give a database's id, destination:NAME/path, or an absolute path."
    );

    public static void MapBackups(this RouteGroupBuilder api)
    {
        api.MapGet("/backups", ListAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("Restore points of a database, a destination or a path");
        api.MapGet("/backups/chains", ChainsAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("Chains of a database at each destination, of a destination or a path, by their names");
        api.MapGet("/backups/databases", DatabasesAsync)
            .WithTags("Backups")
            .RequireRole(Role.Viewer)
            .WithSummary("Databases of which backups lie at a destination or under a path");
        api.MapPost("/backups/check", CheckAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Try whether a restore point can be read, with the keys given and those that the server keeps");
        api.MapPost("/backups/verify", VerifyAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Read every byte of a database's chains, and note what is whole");
        api.MapPost("/backups/chains/remove", RemoveAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Remove one chain at a destination, as it was shown");
        api.MapPost("/restores", RestoreAsync)
            .WithTags("Backups")
            .RequireRole(Role.Operator)
            .WithSummary("Restore a point as a new database");
    }

    private static async Task<Ok<Page<PointView>>> ListAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (from.Length == 0)
        {
            InvalidException.ThrowIfAny([Nothing]);
        }
        var stored = await node.Backups.FindAsync(from, cancellationToken);
        await using var destination = stored.Destination;
        var keys = await node.ArchiveKeys.AllAsync(cancellationToken);
        var points = new List<PointView>();
        await foreach (var point in PointFinder.ListAsync(stored, keys, cancellationToken, node.Clock.Latest))
        {
            if (points.Count == MostPoints)
            {
                break;
            }
            var name = point.Archive.Name;
            points.Add(
                new(
                    point.Archive.Path,
                    name.Time,
                    name.Form.ToString(),
                    point.Archive.Length,
                    point.Header?.Id,
                    point.Header?.Database,
                    point.Needs?.ToString(),
                    point.Problem is null ? null : OperationError.Of(point.Problem)
                )
            );
        }

        return TypedResults.Ok(new Page<PointView>(points));
    }

    private static async Task<Ok<ChainsView>> ChainsAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        await using var found = await LookAsync(from, node, cancellationToken);
        var chains = found
            .Places.SelectMany(p => InOrder(p, node).Select(c => (Place: p, Chain: c)))
            .Where(c => c.Chain.Archives.Count > 0)
            .Take(MostChains + 1)
            .Select(c => View(c.Place, c.Chain, node))
            .ToList();
        return TypedResults.Ok(
            new ChainsView(
                [.. chains.Take(MostChains)],
                found.Problems.ToDictionary(p => p.Key, p => OperationError.Of(p.Value)),
                chains.Count > MostChains
            )
        );
    }

    // The newest first. A name that lies ahead says nothing of that: such a chain stands where it was begun, by what
    // the node has recorded, else last.
    private static IEnumerable<StoredChain> InOrder(FoundPlace place, HoldfastNode node)
    {
        var latest = node.Clock.Latest;
        if (!place.Stored.Chains.Any(c => c.IsAhead(latest)))
        {
            return place.Stored.Chains;
        }
        return place
            .Stored.Chains.GroupBy(place.FolderOf, StringComparer.Ordinal)
            .SelectMany(g => g.OrderByDescending(c => c.IsAhead(latest) ? Begun(c) : c.NewestTime));

        DateTimeOffset Begun(StoredChain chain) =>
            node.Catalog.Find(place.PathOf(chain))?.Entries.Select(e => e.Archive.Started).Max() ?? DateTimeOffset.MinValue;
    }

    private static async Task<Ok<Page<FoundDatabaseView>>> DatabasesAsync(
        string from,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        await using var found = await LookAsync(from, node, cancellationToken);
        var databases = found.Places.SelectMany(p =>
            p.Stored.Chains.Where(c => c.Archives.Count > 0)
                .GroupBy(p.FolderOf)
                .Select(g => new FoundDatabaseView(
                    g.Key,
                    p.DatabaseOf(g.First()),
                    g.Count(),
                    g.Sum(c => c.Archives.Count),
                    g.Max(c => c.NewestTime),
                    g.Sum(c => c.Archives.Sum(a => a.Length))
                ))
        );
        return TypedResults.Ok(new Page<FoundDatabaseView>([.. databases.OrderBy(d => d.Name, StringComparer.Ordinal)]));
    }

    private static async Task<Ok<CheckView>> CheckAsync(
        CheckRequest body,
        HttpContext context,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        InvalidException.ThrowIfAny([.. Faults(body.From, body.Keys)]);
        context.Audits(("from", body.From), ("point", body.Point));
        return TypedResults.Ok(CheckView.Of(await node.Points.CheckAsync(body.From, body.Point, body.Keys, cancellationToken)));
    }

    private static async Task<Accepted<OperationIdView>> VerifyAsync(
        VerifyRequest body,
        HttpContext context,
        HoldfastNode node,
        CancellationToken cancellationToken
    )
    {
        InvalidException.ThrowIfAny([.. Faults(body.From, body.Keys)]);
        context.Audits(("from", body.From));
        var ask = new VerifyAsk
        {
            From = body.From,
            Database = await DatabaseAsync(body.From, node, cancellationToken),
            Keys = body.Keys,
        };
        var operation = await node.VerifyAsync(ask, context.User.Caller()!.Display, cancellationToken);
        context.Audits(("operation", operation.Id));
        return await Begun.OneAsync(node, operation.Id, cancellationToken);
    }

    private static async Task<NoContent> RemoveAsync(
        ChainRemovalRequest body,
        HttpContext context,
        HoldfastNode node,
        AuditLog audit,
        CancellationToken cancellationToken
    )
    {
        if (BackupFinder.AtDestination(body.From) is not ({ } name, { Length: > 0 } path))
        {
            throw InvalidException.Of([
                new(
                    "from",
                    "It does not name a chain at a destination.",
                    "Give destination:NAME/SOURCE/DATABASE/CHAIN, as GET /api/v1/backups/chains tells it."
                ),
            ]);
        }
        await node.Backups.CheckAsync(body.From, cancellationToken);
        // Before, so that it stands there whatever becomes of the server meanwhile.
        var subject = $"{body.From} ({string.Join(", ", body.Archives.Keys)})";
        await audit.WriteAsync(context, "chain-removed", subject, "begins");
        await node.ChainRemoval.RemoveAsync(name, path.TrimEnd('/'), body.Archives, cancellationToken);
        await audit.WriteAsync(context, "chain-removed", subject, "done");
        return TypedResults.NoContent();
    }

    // A verification is of one database, as every operation.
    private static async Task<DatabaseId> DatabaseAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (BackupFinder.IsDatabase(from))
        {
            return DatabaseId.Parse(from);
        }
        await using var found = await LookAsync(from, node, cancellationToken);
        var databases = found.Places.SelectMany(p => p.Stored.Chains.Select(p.DatabaseOf)).Distinct(StringComparer.Ordinal).ToList();
        if (databases is [var only])
        {
            return DatabaseId.Parse(only);
        }
        throw InvalidException.Of([
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
        InvalidException.ThrowIfAny(Faults(body));
        context.Audits(("from", body.From), ("point", body.Point), ("target", body.Target));
        var ask = new RestoreAsk
        {
            From = body.From,
            Point = body.Point,
            Target = DatabaseId.Parse(body.Target),
            Keys = body.Keys,
            File = new() { Mode = body.KeepMode, Owner = body.KeepOwner },
            ContinueOnError = body.ContinueOnError,
        };
        var operation = await node.RestoreAsync(ask, context.User.Caller()!.Display, cancellationToken);
        context.Audits(("operation", operation.Id));
        return await Begun.OneAsync(node, operation.Id, cancellationToken);
    }

    private static Task<FoundBackups> LookAsync(string from, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (from.Length == 0)
        {
            InvalidException.ThrowIfAny([Nothing]);
        }
        return node.Backups.LookAsync(from, cancellationToken);
    }

    private static ChainView View(FoundPlace place, StoredChain chain, HoldfastNode node)
    {
        var from = place.At(chain.Path);
        var folder = from[(from.LastIndexOf('/') + 1)..];
        var named = ChainName.TryParse(folder) is not null;
        var archives = place.Stored.Archive is { } only ? [only] : chain.Archives;
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
            Check = place.Destination is { } destination ? node.Checks.Find(destination, place.PathOf(chain)) : null,
            Archives =
            [
                .. archives.Select(a => new ArchiveView(
                    place.At(a.Path),
                    a.Name.ToString(),
                    a.Name.Time,
                    a.Name.Form.ToString(),
                    a.Length,
                    a.Name.IsEncrypted
                )),
            ],
        };
    }

    private static List<Fault> Faults(RestoreRequest body)
    {
        var faults = Faults(body.From, body.Keys).ToList();
        if (DatabaseNames.Of("target", body.Target) is { } target)
        {
            faults.Add(target);
        }
        return faults;
    }

    private static IEnumerable<Fault> Faults(string from, IReadOnlyList<string> keys)
    {
        if (from.Length == 0)
        {
            yield return Nothing;
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
