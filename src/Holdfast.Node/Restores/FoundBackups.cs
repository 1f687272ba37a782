using Holdfast.Core.Errors;

namespace Holdfast.Node.Restores;

/// <summary>What was found of backups, by the names of folders and files alone.</summary>
/// <param name="Places">The places that have some.</param>
/// <param name="Problems">Destinations that could not be looked at, and why.</param>
/// <remarks>The destinations stay open until this is disposed.</remarks>
public sealed record FoundBackups(IReadOnlyList<FoundPlace> Places, IReadOnlyDictionary<string, HoldfastException> Problems)
    : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var place in Places)
        {
            await place.Stored.Destination.DisposeAsync();
        }
    }
}
