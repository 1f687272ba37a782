using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Authorization;

namespace Holdfast.Studio.Hosting;

/// <summary>Opens a page to users with a role, or one above it.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RequireRoleAttribute : AuthorizeAttribute
{
    /// <summary>Creates it.</summary>
    /// <param name="role">The least role.</param>
    public RequireRoleAttribute(Role role)
        : base(AccessPolicies.ForRole(role)) => Role = role;

    /// <summary>The least role.</summary>
    public Role Role { get; }
}
