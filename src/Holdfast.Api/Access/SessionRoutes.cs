namespace Holdfast.Api.Access;

/// <summary>Routes of the caller's own session.</summary>
public static class SessionRoutes
{
    /// <summary>The session.</summary>
    public const string Session = "/session";

    /// <summary>The user's own password.</summary>
    public const string Password = "/session/password";
}
