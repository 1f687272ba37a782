using Holdfast.Api.Access;
using Holdfast.Api.Destinations;
using Holdfast.Api.Operations;
using Holdfast.Core.Errors;
using Holdfast.Node;
using Holdfast.Node.Catalog.Rebuilding;
using Holdfast.Node.Operations;
using Holdfast.Node.Secrets;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Destinations;

/// <summary>The endpoint that rebuilds the catalog from a destination.</summary>
internal static class CatalogEndpoints
{
    public static void MapCatalog(this RouteGroupBuilder api) =>
        api.MapPost(DestinationRoutes.Catalog, RebuildAsync)
            .WithTags("Destinations")
            .RequireRole(Role.Admin)
            .WithSummary("Rebuild the catalog from it, as an operation: from listings, and from the archives that a key opens");

    private static Task<Accepted<OperationIdView>> RebuildAsync(
        string name,
        CatalogRebuildRequest body,
        HttpContext context,
        CatalogRebuildService rebuilding,
        OperationStore operations
    )
    {
        var errors = new List<Core.Tasks.ValidationError>();
        foreach (var key in body.Keys)
        {
            try
            {
                _ = ArchiveKeys.Parse(key);
            }
            catch (HoldfastException e)
            {
                errors.Add(new("keys", e.Message, e.Hint ?? "Give a key."));
            }
        }
        ValidationException.ThrowIfAny(errors);
        var operation = rebuilding.Rebuild(new(name, body.Keys), context.User.Caller()!.Display);
        return AcceptedOperation.RespondAsync(operations, operation.Id, context.RequestAborted);
    }
}
