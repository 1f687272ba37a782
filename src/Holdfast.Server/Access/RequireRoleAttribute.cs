using Holdfast.Api.Access;
using Microsoft.AspNetCore.Authorization;

namespace Holdfast.Server.Access;

/// <summary>Says of a page who may open it: a role, or one above it.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RequireRoleAttribute : AuthorizeAttribute
{
    /// <summary>Makes it.</summary>
    /// <param name="role">The least role.</param>
    public RequireRoleAttribute(Role role)
        : base(RoleExtensions.PolicyOf(role)) => Role = role;

    /// <summary>The least role.</summary>
    public Role Role { get; }
}
