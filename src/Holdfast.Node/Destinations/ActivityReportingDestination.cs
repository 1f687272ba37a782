using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Reports every byte that is transferred to or from a destination, so that an operation that copies or verifies archives is not
/// considered stalled. Does not own the destination.
/// </summary>
/// <param name="inner">The destination.</param>
/// <param name="moved">Receives the number of bytes, or 1 for a call that transfers none. Called concurrently.</param>
internal sealed class ActivityReportingDestination(IDestination inner, Action<long> moved) : IDestination
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public Task CheckIdentityAsync(CancellationToken cancellationToken) => inner.CheckIdentityAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in inner.ListAsync(folder, cancellationToken))
        {
            moved(1);
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public async Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken) =>
        new Upload(await inner.BeginUploadAsync(path, cancellationToken), moved);

    /// <inheritdoc/>
    public Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
        inner.PublishAsync([.. uploads.Select(u => u is Upload own ? own.Inner : u)], cancellationToken);

    /// <inheritdoc/>
    public async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        new Source(await inner.OpenAsync(path, cancellationToken), moved);

    /// <inheritdoc/>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        await inner.DeleteAsync(path, cancellationToken);
        moved(1);
    }

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => inner.FreeBytesAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Upload(IUpload inner, Action<long> moved) : IUpload
    {
        public IUpload Inner => inner;

        public string Path => inner.Path;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await inner.WriteAsync(bytes, cancellationToken);
            moved(bytes.Length);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Source(IByteSource inner, Action<long> moved) : IByteSource
    {
        public string Name => inner.Name;

        public long Length => inner.Length;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await inner.ReadAsync(offset, buffer, cancellationToken);
            moved(buffer.Length);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
