using Holdfast.Archive.Reading;

namespace Holdfast.Node.Restores;

/// <summary>A restore point that was opened with the archives it builds on.</summary>
/// <param name="Point">The point.</param>
/// <param name="Reader">Reads it; disposed with this.</param>
public sealed record OpenedPoint(RestorePoint Point, ChainReader Reader) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Reader.DisposeAsync();
}
