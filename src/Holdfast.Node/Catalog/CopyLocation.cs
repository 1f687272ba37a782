namespace Holdfast.Node.Catalog;

/// <summary>Where a copy lies.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Identity">
/// Identity of the place that was written to; null where it has none. By now the name may mean another place.
/// </param>
public readonly record struct CopyLocation(string Destination, string? Identity);
