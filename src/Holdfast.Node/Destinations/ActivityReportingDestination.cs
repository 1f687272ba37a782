using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Reports every byte that is transferred to or from a destination, so that an operation that copies or verifies archives is not
/// considered stalled. Does not own the destination.
/// </summary>
/// <param name="inner">The destination.</param>
/// <param name="moved">Receives the number of bytes, or 1 for a call that transfers none. Called concurrently.</param>
internal sealed class ActivityReportingDestination(IDestination inner, Action<long> moved) : DelegatingDestination(inner)
{
    /// <inheritdoc/>
    public override IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        Report(Inner.ListAsync(folder, cancellationToken));

    /// <inheritdoc/>
    public override IAsyncEnumerable<DestinationEntry> ListTreeAsync(string folder, CancellationToken cancellationToken) =>
        Report(Inner.ListTreeAsync(folder, cancellationToken));

    /// <inheritdoc/>
    public override async Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken) =>
        new Upload(await Inner.BeginUploadAsync(path, hint, cancellationToken), moved);

    /// <inheritdoc/>
    public override Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
        Inner.PublishAsync([.. uploads.Select(u => u is Upload own ? own.Inner : u)], cancellationToken);

    /// <inheritdoc/>
    public override async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        new Source(await Inner.OpenAsync(path, cancellationToken), moved);

    /// <inheritdoc/>
    public override async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        await Inner.DeleteAsync(path, cancellationToken);
        moved(1);
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

    private async IAsyncEnumerable<DestinationEntry> Report(IAsyncEnumerable<DestinationEntry> entries)
    {
        await foreach (var entry in entries)
        {
            moved(1);
            yield return entry;
        }
    }

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

        public bool IsRemote => inner.IsRemote;

        public int Copy => inner.Copy;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await inner.ReadAsync(offset, buffer, cancellationToken);
            moved(buffer.Length);
        }

        public async Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken) =>
            new ReportingStream(await inner.OpenReadAsync(offset, length, cancellationToken), length, moved);

        public ValueTask<bool> TryNextCopyAsync(int damaged, HoldfastException problem, CancellationToken cancellationToken) =>
            inner.TryNextCopyAsync(damaged, problem, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class ReportingStream(Stream inner, long length, Action<long> moved) : ForwardStream(length)
    {
        protected override async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            moved(count);
            return count;
        }

        protected override ValueTask CloseAsync() => inner.DisposeAsync();
    }
}
