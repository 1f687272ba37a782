using Holdfast.Archive.Items;
using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Use of an opened destination by one user. Disposing the lease releases the destination, which is closed when its last lease
/// ends.
/// </summary>
internal sealed class DestinationLease(IDestination opened, Func<ValueTask> release) : IDestination
{
    private int _isReleased;

    public string Name => opened.Name;

    public string? Identity => opened.Identity;

    public Task CheckIdentityAsync(CancellationToken cancellationToken) => opened.CheckIdentityAsync(cancellationToken);

    public IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        opened.ListAsync(folder, cancellationToken);

    public Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken) =>
        opened.BeginUploadAsync(path, cancellationToken);

    public Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
        opened.PublishAsync(uploads, cancellationToken);

    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) => opened.OpenAsync(path, cancellationToken);

    public Task DeleteAsync(string path, CancellationToken cancellationToken) => opened.DeleteAsync(path, cancellationToken);

    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => opened.FreeBytesAsync(cancellationToken);

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _isReleased, 1) == 0 ? release() : ValueTask.CompletedTask;
}
