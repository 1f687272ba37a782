using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Search;

/// <summary>What was found of backups, by the names of folders and files alone.</summary>
/// <param name="Locations">The places that have some.</param>
/// <param name="Problems">Destinations that could not be looked at, and why.</param>
/// <remarks>The destinations stay open until this is disposed.</remarks>
public sealed record BackupSearchResult(IReadOnlyList<BackupLocation> Locations, IReadOnlyDictionary<string, HoldfastException> Problems)
    : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var place in Locations)
        {
            await place.Resolved.Destination.DisposeAsync();
        }
    }
}
