using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Builder;

namespace Holdfast.Server.Access;

/// <summary>Says of endpoints who may call them. An endpoint that says nothing is refused to everybody.</summary>
public static class RoleExtensions
{
    /// <summary>Asks for a role, or one above it. On a group it holds for all that is in it; an endpoint can ask for more.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(AccessPolicies.ForRole(role)).WithMetadata(new RequiredRoleMetadata(role));

    /// <summary>Asks for anybody who is signed in, or has a token, even before the password is changed.</summary>
    public static TBuilder RequireSignedIn<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder
            .RequireAuthorization(AccessPolicies.SignedIn)
            .WithMetadata(new RequiredRoleMetadata(Role.Viewer, BeforePasswordChange: true));
}
