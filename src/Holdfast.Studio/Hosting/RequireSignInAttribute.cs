using Holdfast.Api.InProcess;
using Microsoft.AspNetCore.Authorization;

namespace Holdfast.Studio.Hosting;

/// <summary>Allows a page for every user who is signed in, even before the required change of the first password.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequireSignInAttribute : AuthorizeAttribute
{
    /// <summary>Creates an instance.</summary>
    public RequireSignInAttribute()
        : base(AccessPolicies.SignedIn) { }
}
