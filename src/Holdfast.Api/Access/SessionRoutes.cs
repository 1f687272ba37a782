namespace Holdfast.Api.Access;

/// <summary>Routes of the caller's session.</summary>
public static class SessionRoutes
{
    /// <summary>The session.</summary>
    public const string Session = "/session";

    /// <summary>The password of the signed-in user.</summary>
    public const string Password = "/session/password";
}
