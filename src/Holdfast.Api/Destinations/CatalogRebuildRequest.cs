namespace Holdfast.Api.Destinations;

/// <summary>A request to rebuild the server's catalog from a destination.</summary>
public sealed record CatalogRebuildRequest
{
    /// <summary>Keys that may open archives, in addition to those that the server stores. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
