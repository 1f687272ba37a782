using System.Security.Claims;
using Holdfast.Api.Access;
using Holdfast.Server.Access.Users;

namespace Holdfast.Server.Access;

/// <summary>Converts between the principal of the framework and <see cref="Caller"/>.</summary>
public static class CallerExtensions
{
    internal const string SecurityStampClaim = "stamp";
    private const string RoleClaim = "role";
    private const string NameClaim = "name";
    private const string KindClaim = "kind";
    private const string MustChangePasswordClaim = "mustChangePassword";

    /// <summary>The caller of the request; null if nobody is signed in.</summary>
    public static Caller? Caller(this ClaimsPrincipal principal) =>
        principal.FindFirst(NameClaim)?.Value is { } name && Enum.TryParse<Role>(principal.FindFirst(RoleClaim)?.Value, out var role)
            ? new(name, role, principal.FindFirst(KindClaim)?.Value == "user", principal.HasClaim(c => c.Type == MustChangePasswordClaim))
            : null;

    internal static ClaimsPrincipal ToPrincipal(this Caller caller, string scheme, string? stamp = null)
    {
        var identity = new ClaimsIdentity(scheme, NameClaim, RoleClaim);
        identity.AddClaim(new(NameClaim, caller.Name));
        identity.AddClaim(new(RoleClaim, caller.Role.ToString()));
        identity.AddClaim(new(KindClaim, caller.IsUser ? "user" : "token"));
        if (caller.MustChangePassword)
        {
            identity.AddClaim(new(MustChangePasswordClaim, "true"));
        }
        if (stamp is not null)
        {
            identity.AddClaim(new(SecurityStampClaim, stamp));
        }
        return new(identity);
    }

    internal static ClaimsPrincipal ToPrincipal(this User user, string scheme) =>
        new Caller(user.Name, user.Role, IsUser: true, user.MustChangePassword).ToPrincipal(scheme, user.Stamp);
}
