namespace Holdfast.Api.Kinds;

/// <summary>Routes of kinds.</summary>
public static class KindRoutes
{
    /// <summary>All kinds of engines and destinations.</summary>
    public const string List = "/kinds";
}
