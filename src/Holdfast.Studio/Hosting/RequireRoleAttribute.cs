using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Authorization;

namespace Holdfast.Studio.Hosting;

/// <summary>Allows a page for users who have a role or a higher one.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RequireRoleAttribute : AuthorizeAttribute
{
    /// <summary>Creates an instance.</summary>
    /// <param name="role">The lowest role that may open the page.</param>
    public RequireRoleAttribute(Role role)
        : base(AccessPolicies.ForRole(role)) => Role = role;

    /// <summary>The lowest role that may open the page.</summary>
    public Role Role { get; }
}
