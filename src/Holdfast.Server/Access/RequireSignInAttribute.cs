using Microsoft.AspNetCore.Authorization;

namespace Holdfast.Server.Access;

/// <summary>Says of a page that anybody who is signed in may open it, even before the password is changed.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequireSignInAttribute : AuthorizeAttribute
{
    /// <summary>Makes it.</summary>
    public RequireSignInAttribute()
        : base(AccessServiceExtensions.SignedInPolicy) { }
}
