using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.Access.Tokens;

/// <summary>Authenticates <c>Authorization: Bearer …</c>.</summary>
internal sealed class TokenAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    TokenStore tokens
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Token";
    private const string BearerPrefix = "Bearer ";

    /// <summary>The token of a request; null if it has none.</summary>
    public static string? ReadToken(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? header[BearerPrefix.Length..].Trim()
            : null;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (ReadToken(Request) is not { } token)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        return Task.FromResult(
            tokens.Find(token) is { } caller
                ? AuthenticateResult.Success(new(caller.ToPrincipal(SchemeName), SchemeName))
                : AuthenticateResult.Fail("The token is not valid, or has expired.")
        );
    }

    // The middleware for status codes adds the body.
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return base.HandleChallengeAsync(properties);
    }
}
