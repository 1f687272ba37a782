namespace Holdfast.Api.Destinations;

/// <summary>Routes of destinations.</summary>
public static class DestinationRoutes
{
    /// <summary>All destinations.</summary>
    public const string List = "/destinations";

    /// <summary>One destination.</summary>
    public const string Item = "/destinations/{name}";

    /// <summary>Its identity.</summary>
    public const string Identity = "/destinations/{name}/identity";

    /// <summary>Creates its root and gives it an identity.</summary>
    public const string Initialize = "/destinations/{name}/initialize";

    /// <summary>Its use: requests, limits, and what is left of uploads.</summary>
    public const string Status = "/destinations/{name}/status";

    /// <summary>Its test: run it, or read the last result.</summary>
    public const string Test = "/destinations/{name}/test";

    /// <summary>Starts to rebuild the server's catalog from it.</summary>
    public const string Catalog = "/destinations/{name}/catalog";
}
