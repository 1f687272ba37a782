using Holdfast.Api.Access;
using Holdfast.Api.Destinations;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node;
using Holdfast.Node.Catalog.Rebuilding;
using Holdfast.Node.Secrets;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Destinations;

/// <summary>Endpoints that rebuild the catalog from a destination.</summary>
internal static class CatalogEndpoints
{
    public static void MapCatalog(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(DestinationRoutes.Catalog).WithTags("Destinations").RequireRole(Role.Viewer);
        group.MapGet("", Show).WithSummary("Show the progress or the result of rebuilding the catalog from it");
        group
            .MapPost("", Rebuild)
            .RequireRole(Role.Admin)
            .WithSummary("Rebuild the catalog from it, in the background: from listings, and from the archives that a key opens");
    }

    private static Ok<CatalogRebuildView> Show(string name, CatalogRebuildService rebuilding) =>
        TypedResults.Ok(
            ToView(
                rebuilding.Find(name)
                    ?? throw new HoldfastException(
                        ErrorCatalog.NotFound,
                        $"The catalog was not rebuilt from '{name}' since the server was started.",
                        "Start it with POST."
                    )
            )
        );

    private static Accepted<CatalogRebuildView> Rebuild(string name, CatalogRebuildRequest body, CatalogRebuildService rebuilding)
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
        return TypedResults.Accepted((string?)null, ToView(rebuilding.Start(name, body.Keys)));
    }

    private static CatalogRebuildView ToView(CatalogRebuildState state) =>
        new()
        {
            Started = state.Started,
            Ended = state.Ended,
            Databases = state.Databases,
            Archives = state.Archives,
            Identified = state.Identified,
            ProblemCount = state.ProblemCount,
            Problems = state.Problems,
            Error = state.Error is { } error ? OperationError.From(error) : null,
        };
}
