using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Authorization;

namespace Holdfast.Studio.Hosting;

/// <summary>Opens a page to every user who is signed in, even before the password is changed.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequireSignInAttribute : AuthorizeAttribute
{
    /// <summary>Creates it.</summary>
    public RequireSignInAttribute()
        : base(AccessPolicies.SignedIn) { }
}
