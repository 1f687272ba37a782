namespace Holdfast.Api.Access;

/// <summary>Routes of API tokens.</summary>
public static class TokenRoutes
{
    /// <summary>All tokens.</summary>
    public const string List = "/tokens";

    /// <summary>One token.</summary>
    public const string Item = "/tokens/{id}";
}
