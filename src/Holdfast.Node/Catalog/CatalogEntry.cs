namespace Holdfast.Node.Catalog;

/// <summary>An archive with what is known of it at each destination.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Copies">Where it is, or was.</param>
public sealed record CatalogEntry(CatalogArchive Archive, IReadOnlyList<CatalogCopy> Copies)
{
    /// <summary>The copy at a destination; null where it never was there.</summary>
    public CatalogCopy? CopyAt(string destination) => Copies.FirstOrDefault(c => c.Destination == destination);
}
