using System.Security.Claims;
using Holdfast.State;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Access;

/// <summary>A session is as good as its user is now: the stamp is looked up at each request.</summary>
internal sealed class SessionEvents(StateMirror<User> users) : CookieAuthenticationEvents
{
    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        if (context.Principal is not null && IsGood(context.Principal, users))
        {
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(context.Scheme.Name);
    }

    /// <summary>Whether the user of a session is still there, and as it was.</summary>
    public static bool IsGood(ClaimsPrincipal principal, StateMirror<User> users) =>
        principal.Caller() is { } caller
        && users.Find(caller.Name)?.Value is { Disabled: false } user
        && user.Stamp == principal.FindFirst(CallerExtensions.StampClaim)?.Value;

    // Programs get a status; people who open a page are sent to where they can sign in.
    public override Task RedirectToLogin(RedirectContext<CookieAuthenticationOptions> context) =>
        PageRequest.Is(context.Request)
            ? Go(context, PageRequest.SignIn(context.Request))
            : Status(context, StatusCodes.Status401Unauthorized);

    public override Task RedirectToAccessDenied(RedirectContext<CookieAuthenticationOptions> context) =>
        PageRequest.Is(context.Request) && context.HttpContext.User.Caller() is { MustChangePassword: true }
            ? Go(context, "/password")
            : Status(context, StatusCodes.Status403Forbidden);

    private static Task Go(RedirectContext<CookieAuthenticationOptions> context, string path)
    {
        context.Response.Redirect(path);
        return Task.CompletedTask;
    }

    private static Task Status(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
