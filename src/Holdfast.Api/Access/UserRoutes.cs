namespace Holdfast.Api.Access;

/// <summary>Routes of users.</summary>
public static class UserRoutes
{
    /// <summary>All users.</summary>
    public const string List = "/users";

    /// <summary>One user.</summary>
    public const string Item = "/users/{name}";
}
