namespace Holdfast.Node.Catalog;

/// <summary>The location of a copy.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Identity">
/// Identity of the root that was written to; null if it has none. By now the name may refer to another root.
/// </param>
public readonly record struct CopyLocation(string Destination, string? Identity);
