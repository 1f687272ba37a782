using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>The audit log.</summary>
internal static class AuditEndpoints
{
    private const int MostPerPage = 1000;

    public static void MapAudit(this RouteGroupBuilder api) =>
        api.MapGroup("/audit").WithTags("Audit").RequireRole(Role.Admin).MapGet("", ListAsync).WithSummary("What was done, the newest first");

    private static async Task<Ok<Page<AuditEntry>>> ListAsync(AuditLog log, CancellationToken cancellationToken, string? after = null, int limit = 100)
    {
        if (limit is < 1 or > MostPerPage) InvalidException.ThrowIfAny([new Fault("limit", $"{limit} entries cannot be asked for.", $"Ask for 1 to {MostPerPage}.")]);
        return TypedResults.Ok(await log.ReadAsync(after, limit, cancellationToken));
    }
}
