using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Access;

/// <summary>The audit log.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this RouteGroupBuilder api) =>
        api.MapGroup(AuditRoutes.List)
            .WithTags("Audit")
            .RequireRole(Role.Admin)
            .MapGet("", ListAsync)
            .WithSummary("List entries, newest first; with a search text, a page can have few or no entries although more follow");

    private static async Task<Ok<Page<AuditEntry>>> ListAsync(
        AuditLog log,
        CancellationToken cancellationToken,
        string? after = null,
        int limit = 100,
        string? search = null
    )
    {
        Paging.ValidateLimit(limit);
        return TypedResults.Ok(await log.ReadAsync(after, limit, search, cancellationToken));
    }
}
