namespace Holdfast.Node.Catalog.Search;

/// <summary>A restore point at one location.</summary>
/// <param name="Destination">Name of the destination; null for a path.</param>
/// <param name="Resolved">The location.</param>
/// <param name="Point">The restore point.</param>
/// <param name="ChainPath">Path of its chain relative to the destination's root; null if unknown.</param>
public sealed record RestorePointLocation(string? Destination, ResolvedLocation Resolved, RestorePoint Point, string? ChainPath)
{
    /// <summary>Name of the location, for messages.</summary>
    public string Name => Destination ?? Resolved.Destination.Name;
}
