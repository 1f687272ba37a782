namespace Holdfast.Node.Catalog;

/// <summary>An archive and its copies at the destinations.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Copies">Where the archive is, or was.</param>
public sealed record CatalogEntry(CatalogArchive Archive, IReadOnlyList<CatalogCopy> Copies)
{
    /// <summary>The copy at a destination; null if it was never there.</summary>
    public CatalogCopy? CopyAt(string destination) => Copies.FirstOrDefault(c => c.Destination == destination);
}
