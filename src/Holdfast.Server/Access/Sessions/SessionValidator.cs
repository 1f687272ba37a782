using Holdfast.Api.Access;
using Holdfast.Server.Access.Tokens;
using Holdfast.Server.Access.Users;
using Holdfast.State;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Access.Sessions;

/// <summary>
/// Checks whether the caller of a long request is still allowed to continue, because the token or session can end
/// meanwhile.
/// </summary>
internal sealed class SessionValidator(StateMirror<User> users, TokenStore tokens, TimeProvider time)
{
    /// <summary>Whether a new request of the same caller would still be allowed for a role.</summary>
    public bool IsValid(HttpContext context, Role role)
    {
        if (TokenAuthenticationHandler.ReadToken(context.Request) is { } token)
        {
            return tokens.Find(token)?.Role >= role;
        }
        var expires = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        return SessionCookieEvents.IsValid(context.User, users) && !(expires <= time.GetUtcNow());
    }
}
