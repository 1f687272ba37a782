namespace Holdfast.Node.Catalog.Search;

/// <summary>A restore point at one place.</summary>
/// <param name="Destination">Name of the destination; null for a path.</param>
/// <param name="Resolved">Where it lies.</param>
/// <param name="Point">The point.</param>
/// <param name="ChainPath">Path of its chain from the destination's root; null where that is not known.</param>
public sealed record RestorePointLocation(string? Destination, ResolvedLocation Resolved, RestorePoint Point, string? ChainPath)
{
    /// <summary>What people call the place.</summary>
    public string Name => Destination ?? Resolved.Destination.Name;
}
