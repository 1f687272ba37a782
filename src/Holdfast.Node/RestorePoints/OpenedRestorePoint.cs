using Holdfast.Archive.Reading;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints;

/// <summary>A restore point that was opened with the archives it builds on.</summary>
/// <param name="Point">The point.</param>
/// <param name="Reader">Reads it; disposed with this.</param>
/// <param name="Lease">Keeps the chain from being deleted until this is disposed; null for a place that is no destination.</param>
/// <param name="Warnings">In what it does not fit the place that it lies in, though it may be read: it was given by its own path.</param>
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
