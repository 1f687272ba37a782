using Holdfast.Archive.Age;
using Holdfast.Core.Databases;

namespace Holdfast.Node.Catalog.Search;

/// <summary>The locations of one restore point, and the keys to open it.</summary>
/// <param name="Locations">
/// The locations, the best first: those without a known problem come before the others. At least one.
/// </param>
/// <param name="Keys">The keys that may open it.</param>
/// <param name="Database">The database, if it was requested by its id; null for any other location.</param>
/// <param name="Notes">Why a destination is missing or comes later, for users.</param>
/// <param name="SearchResult">The search result with the locations: its destinations stay open until this is disposed.</param>
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
