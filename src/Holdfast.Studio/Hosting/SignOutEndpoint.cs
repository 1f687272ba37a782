using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Studio.Hosting;

/// <summary>Handles <em>Sign out</em>: only a response to the browser itself can delete the cookie.</summary>
internal static class SignOutEndpoint
{
    public static void MapSignOut(this IEndpointRouteBuilder app) =>
        app.MapPost("/sign-out", (Delegate)SignOutAsync).RequireAuthorization(AccessPolicies.SignedIn).ExcludeFromDescription();

    // The server refuses requests that another site makes the browser send.
    private static async Task<RedirectHttpResult> SignOutAsync(HttpContext context)
    {
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return TypedResults.LocalRedirect("/sign-in");
    }
}
