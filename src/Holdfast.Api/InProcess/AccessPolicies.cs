using Holdfast.Api.Access;

namespace Holdfast.Api.InProcess;

/// <summary>Names of the server's authorization policies, which pages in its process require.</summary>
public static class AccessPolicies
{
    /// <summary>For every user who is signed in, even before the password is changed.</summary>
    public const string SignedIn = "signed-in";

    /// <summary>For users with this role, or one above it.</summary>
    public static string ForRole(Role role) => $"role:{role}";
}
