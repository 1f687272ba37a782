using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Access.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Access;

/// <summary>Endpoints of API tokens.</summary>
internal static class TokenEndpoints
{
    private const int MaxNameLength = 64;

    public static void MapTokens(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(TokenRoutes.List).WithTags("Tokens").RequireRole(Role.Admin);
        group.MapGet("", List).WithSummary("List API tokens");
        group.MapPost("", CreateAsync).WithSummary("Create an API token, which is shown only once");
        group.MapDelete("/{id}", DeleteAsync).WithSummary("Delete an API token; it becomes invalid at once");
    }

    private static Ok<Page<TokenView>> List(TokenStore tokens) =>
        TypedResults.Ok(
            new Page<TokenView>([
                .. tokens
                    .Tokens.Items.Select(t => t.Value)
                    .OrderBy(t => t.Created)
                    .ThenBy(t => t.Id, StringComparer.Ordinal)
                    .Select(t => ToView(t)),
            ])
        );

    private static async Task<Created<TokenView>> CreateAsync(
        TokenRequest body,
        ClaimsPrincipal principal,
        TokenStore tokens,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        ValidationException.ThrowIfAny(Validate(body, time.GetUtcNow()));
        var (item, token) = await tokens.CreateAsync(
            body.Name.Trim(),
            body.Role,
            body.Expires?.ToUniversalTime(),
            principal.Caller()!.Display,
            cancellationToken
        );
        return TypedResults.Created(ApiRoutes.BasePath + ApiRoutes.Expand(TokenRoutes.Item, item.Key), ToView(item.Value, token));
    }

    private static async Task<NoContent> DeleteAsync(string id, TokenStore tokens, CancellationToken cancellationToken)
    {
        if (tokens.Tokens.Find(id) is null)
        {
            throw new HoldfastException(ErrorCatalog.NotFound, $"There is no token '{id}'.", "List them with: GET /api/v1/tokens");
        }
        await tokens.Tokens.DeleteAsync(id, null, cancellationToken);
        return TypedResults.NoContent();
    }

    private static List<ValidationError> Validate(TokenRequest body, DateTimeOffset now)
    {
        var errors = new List<ValidationError>();
        if (body.Name.Trim().Length is < 1 or > MaxNameLength || body.Name.Any(char.IsControl))
        {
            errors.Add(
                new(
                    "name",
                    "The name is empty, too long, or contains control characters.",
                    $"Use 1 to {MaxNameLength} characters that say what the token is for."
                )
            );
        }
        if (body.Expires <= now)
        {
            errors.Add(new("expires", "The token would already have expired.", "Give a time in the future, or omit it."));
        }
        return errors;
    }

    private static TokenView ToView(ApiToken token, string? secret = null) =>
        new()
        {
            Id = token.Id,
            Name = token.Name,
            Role = token.Role,
            Created = token.Created,
            CreatedBy = token.CreatedBy,
            Expires = token.Expires,
            LastUsed = token.LastUsed,
            Token = secret,
        };
}
