using Holdfast.Archive.Items;
using Holdfast.Destinations;

namespace Holdfast.Api.Tests.Kinds;

/// <summary>A bucket, whose name is not a path.</summary>
internal sealed class Bucket(string name, IDestination inner) : IDestination
{
    public string Name => name;

    public string? Identity => inner.Identity;

    public Task CheckIdentityAsync(CancellationToken cancellationToken) => inner.CheckIdentityAsync(cancellationToken);

    public IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        inner.ListAsync(folder, cancellationToken);

    public Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken) =>
        inner.BeginUploadAsync(path, cancellationToken);

    public Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
        inner.PublishAsync(uploads, cancellationToken);

    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) => inner.OpenAsync(path, cancellationToken);

    public Task DeleteAsync(string path, CancellationToken cancellationToken) => inner.DeleteAsync(path, cancellationToken);

    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => inner.FreeBytesAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
