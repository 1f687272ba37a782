using Holdfast.Archive.Age;
using Holdfast.Core.Databases;

namespace Holdfast.Node.Catalog.Search;

/// <summary>Where one restore point lies, and what opens it.</summary>
/// <param name="Locations">
/// The places, the best first: one where nothing is known to be wrong with it comes before one where something is. At
/// least one.
/// </param>
/// <param name="Keys">What may open it.</param>
/// <param name="Database">The database that was asked for by its id; null where a place was named.</param>
/// <param name="Notes">Why a destination is not among them, or comes later; for people.</param>
/// <param name="SearchResult">What the places were found in: their destinations stay open until this is disposed.</param>
public sealed record RestorePointLocations(
    IReadOnlyList<RestorePointLocation> Locations,
    AgeKeys Keys,
    DatabaseId? Database,
    IReadOnlyList<string> Notes,
    BackupSearchResult SearchResult
) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => SearchResult.DisposeAsync();
}
