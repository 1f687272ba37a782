using Holdfast.Archive.Reading;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints;

/// <summary>A restore point that was opened together with the archives that it builds on.</summary>
/// <param name="Point">The restore point.</param>
/// <param name="Reader">Reads it; disposed with this.</param>
/// <param name="Lease">
/// Prevents the deletion of the chain until this is disposed; null for a location that is not a destination.
/// </param>
/// <param name="Warnings">
/// Mismatches with its location that do not prevent reading, because it was requested by its own path.
/// </param>
public sealed record OpenedRestorePoint(RestorePoint Point, ChainReader Reader, IDisposable? Lease, IReadOnlyList<string> Warnings)
    : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Reader.DisposeAsync();
        Lease?.Dispose();
    }
}
