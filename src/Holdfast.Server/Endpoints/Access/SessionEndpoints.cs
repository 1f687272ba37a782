using System.Security.Claims;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Audit;
using Holdfast.Server.Files;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Access;

/// <summary>Endpoints of the session: signing in and out.</summary>
internal static class SessionEndpoints
{
    private const string CookieScheme = CookieAuthenticationDefaults.AuthenticationScheme;

    public static void MapSession(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(SessionRoutes.Session).WithTags("Session");
        group.MapPost("", SignInAsync).AllowAnonymous().WithSummary("Sign in; answers with a cookie");
        group.MapGet("", Show).RequireSignedIn().WithSummary("Show the signed-in user");
        group.MapDelete("", (Delegate)SignOutAsync).RequireSignedIn().WithSummary("Sign out");
        group.MapPost("/password", ChangePasswordAsync).RequireSignedIn().WithSummary("Change your own password; ends your other sessions");
    }

    private static async Task<Ok<SessionView>> SignInAsync(
        SignInRequest request,
        HttpContext context,
        UserStore users,
        PasswordService passwords,
        SignInLimiter limiter,
        AuditLog audit
    )
    {
        var name = UserName.Normalize(request.User);
        var address = context.Connection.RemoteIpAddress;
        limiter.RegisterAttempt(address, name);
        var user = users.Find(name)?.Value;
        if (!passwords.Verify(user, request.Password) || user!.Disabled)
        {
            // An unknown name could be a password in the wrong field, so it is not logged.
            await audit.WriteAsync(context, "sign-in", user is null ? "(unknown user)" : $"name={user.Name}", "failed");
            throw new HoldfastException(
                ErrorCatalog.AuthenticationRequired,
                "The user name or password is wrong.",
                "After the first start, the password of 'admin' is in the file that the server's log mentions."
            );
        }

        limiter.RegisterSuccess(address, name);
        await audit.WriteAsync(context, "sign-in", $"name={user.Name}", "ok");
        await context.SignInAsync(CookieScheme, user.ToPrincipal(CookieScheme));
        return TypedResults.Ok(ToView(user));
    }

    private static Ok<SessionView> Show(ClaimsPrincipal principal)
    {
        var caller = principal.Caller()!;
        return TypedResults.Ok(new SessionView(caller.Name, caller.Role, caller.MustChangePassword));
    }

    private static async Task<NoContent> SignOutAsync(HttpContext context)
    {
        await context.SignOutAsync(CookieScheme);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<SessionView>> ChangePasswordAsync(
        PasswordRequest request,
        HttpContext context,
        UserStore users,
        PasswordService passwords,
        SignInLimiter limiter,
        DataFolder data,
        CancellationToken cancellationToken
    )
    {
        var caller = context.User.Caller()!;
        var item = caller.IsUser ? users.Find(caller.Name) : null;
        if (item is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                "A token has no password.",
                "Sign in as a user, or let an administrator set the password with PUT /api/v1/users/NAME."
            );
        }
        ValidationException.ThrowIfAny(Validate(request, item.Key));
        var address = context.Connection.RemoteIpAddress;
        limiter.RegisterAttempt(address, item.Key);
        if (!passwords.Verify(item.Value, request.Password))
        {
            ValidationException.ThrowIfAny([
                new ValidationError("password", "This is not the current password.", "Give the password that you signed in with."),
            ]);
        }
        limiter.RegisterSuccess(address, item.Key);
        var user = (
            await users.PutAsync(users.WithPassword(item.Value, request.NewPassword, mustChange: false), item.Revision, cancellationToken)
        ).Value;
        InitialAdminSetup.DeleteObsoletePasswordFile(users, data);
        await context.SignInAsync(CookieScheme, user.ToPrincipal(CookieScheme)); // this session continues
        return TypedResults.Ok(ToView(user));
    }

    private static IReadOnlyList<ValidationError> Validate(PasswordRequest request, string user) =>
        request.NewPassword == request.Password
            ? [new("newPassword", "The new password is the current one.", "Choose another one.")]
            : PasswordService.Validate("newPassword", request.NewPassword, user);

    private static SessionView ToView(User user) => new(user.Name, user.Role, user.MustChangePassword);
}
