using Holdfast.Api.Access;

namespace Holdfast.Api.InProcess;

/// <summary>Names of the authorization policies of the server, for pages in its process.</summary>
public static class AccessPolicies
{
    /// <summary>Allows every signed-in user, even if the password must still be changed.</summary>
    public const string SignedIn = "signed-in";

    /// <summary>Allows users with this role or a higher one.</summary>
    public static string ForRole(Role role) => $"role:{role}";
}
