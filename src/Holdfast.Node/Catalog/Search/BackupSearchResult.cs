using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Search;

/// <summary>The result of a search for backups, based on the names of folders and files alone.</summary>
/// <param name="Locations">The locations that have backups.</param>
/// <param name="Problems">Destinations that could not be searched, and why.</param>
/// <remarks>The destinations stay open until this is disposed.</remarks>
public sealed record BackupSearchResult(IReadOnlyList<BackupLocation> Locations, IReadOnlyDictionary<string, HoldfastException> Problems)
    : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var location in Locations)
        {
            await location.Resolved.Destination.DisposeAsync();
        }
    }
}
