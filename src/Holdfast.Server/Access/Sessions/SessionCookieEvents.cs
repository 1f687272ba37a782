using System.Security.Claims;
using Holdfast.Server.Access.Users;
using Holdfast.State;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Access.Sessions;

/// <summary>Checks on each request that the user of a session has not changed since the session began.</summary>
internal sealed class SessionCookieEvents(StateMirror<User> users) : CookieAuthenticationEvents
{
    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        if (context.Principal is not null && IsValid(context.Principal, users))
        {
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(context.Scheme.Name);
    }

    /// <summary>Whether the user of a session still exists and is unchanged.</summary>
    public static bool IsValid(ClaimsPrincipal principal, StateMirror<User> users) =>
        principal.Caller() is { } caller
        && users.Find(caller.Name)?.Value is { Disabled: false } user
        && user.Stamp == principal.FindFirst(CallerExtensions.SecurityStampClaim)?.Value;

    // Programs receive a status code; browsers are redirected to the sign-in page.
    public override Task RedirectToLogin(RedirectContext<CookieAuthenticationOptions> context) =>
        BrowserPageRequest.IsPage(context.Request)
            ? Redirect(context, BrowserPageRequest.SignInUrl(context.Request))
            : SetStatus(context, StatusCodes.Status401Unauthorized);

    public override Task RedirectToAccessDenied(RedirectContext<CookieAuthenticationOptions> context) =>
        BrowserPageRequest.IsPage(context.Request) && context.HttpContext.User.Caller() is { MustChangePassword: true }
            ? Redirect(context, "/password")
            : SetStatus(context, StatusCodes.Status403Forbidden);

    private static Task Redirect(RedirectContext<CookieAuthenticationOptions> context, string path)
    {
        context.Response.Redirect(path);
        return Task.CompletedTask;
    }

    private static Task SetStatus(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
