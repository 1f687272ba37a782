using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Builder;

namespace Holdfast.Server.Access;

/// <summary>Sets the role that endpoints require. An endpoint without a role is denied to everybody.</summary>
public static class RoleExtensions
{
    /// <summary>
    /// Requires this role or a higher one. On a group it applies to all endpoints; an endpoint can require a higher
    /// role.
    /// </summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(AccessPolicies.ForRole(role)).WithMetadata(new RequiredRoleMetadata(role));

    /// <summary>Requires a signed-in user or a token, even if the password must still be changed.</summary>
    public static TBuilder RequireSignedIn<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder
            .RequireAuthorization(AccessPolicies.SignedIn)
            .WithMetadata(new RequiredRoleMetadata(Role.Viewer, BeforePasswordChange: true));
}
