namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>A rebuilding of the catalog to run.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Keys">Keys that may open archives, in addition to those that the server stores. Never stored.</param>
public sealed record CatalogRebuildJob(string Destination, IReadOnlyList<string> Keys);
