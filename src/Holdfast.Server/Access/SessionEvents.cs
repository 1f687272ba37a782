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
        var name = context.Principal?.Caller()?.Name;
        var user = name is null ? null : users.Find(name)?.Value;
        if (user is { Disabled: false } && user.Stamp == context.Principal!.FindFirst(CallerExtensions.StampClaim)?.Value) return;
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(context.Scheme.Name);
    }

    // An API has no pages to send anybody to.
    public override Task RedirectToLogin(RedirectContext<CookieAuthenticationOptions> context) => Status(context, StatusCodes.Status401Unauthorized);

    public override Task RedirectToAccessDenied(RedirectContext<CookieAuthenticationOptions> context) => Status(context, StatusCodes.Status403Forbidden);

    private static Task Status(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
