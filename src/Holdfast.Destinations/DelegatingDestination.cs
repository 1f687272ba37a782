using Holdfast.Archive.Items;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations;

/// <summary>Forwards all calls to another destination, for those that change some of them. Owns it.</summary>
/// <param name="inner">The destination.</param>
public abstract class DelegatingDestination(IDestination inner) : IDestination
{
    /// <inheritdoc/>
    public virtual string Name => Inner.Name;

    /// <inheritdoc/>
    public virtual string? Identity => Inner.Identity;

    /// <inheritdoc/>
    public virtual DestinationCapabilities Capabilities => Inner.Capabilities;

    /// <inheritdoc/>
    public virtual DateTimeOffset? ServerTime => Inner.ServerTime;

    /// <inheritdoc/>
    public virtual RequestCounts? Requests => Inner.Requests;

    /// <summary>The destination that receives the calls.</summary>
    protected IDestination Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual Task CheckIdentityAsync(CancellationToken cancellationToken) => Inner.CheckIdentityAsync(cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        Inner.ListAsync(folder, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<DestinationEntry> ListTreeAsync(string folder, CancellationToken cancellationToken) =>
        Inner.ListTreeAsync(folder, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken) =>
        Inner.FindAsync(path, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken) =>
        Inner.BeginUploadAsync(path, hint, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
        Inner.PublishAsync(uploads, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        Inner.OpenAsync(path, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
        Inner.ReadSmallFileAsync(path, maxBytes, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<string?> ReplaceAsync(
        string path,
        ReadOnlyMemory<byte> content,
        string? expected,
        CancellationToken cancellationToken
    ) => Inner.ReplaceAsync(path, content, expected, cancellationToken);

    /// <inheritdoc/>
    public virtual Task DeleteAsync(string path, CancellationToken cancellationToken) => Inner.DeleteAsync(path, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        Inner.DeleteManyAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        Inner.ListUnfinishedAsync(cancellationToken);

    /// <inheritdoc/>
    public virtual Task<DateTimeOffset> FindLastActivityAsync(UnfinishedUpload upload, CancellationToken cancellationToken) =>
        Inner.FindLastActivityAsync(upload, cancellationToken);

    /// <inheritdoc/>
    public virtual Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) =>
        Inner.AbortAsync(upload, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<DestinationProbe> ProbeAsync(bool deletes, CancellationToken cancellationToken) =>
        Inner.ProbeAsync(deletes, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<bool> IsOnFileSystemOfAsync(string folder, CancellationToken cancellationToken) =>
        Inner.IsOnFileSystemOfAsync(folder, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => Inner.FreeBytesAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return CloseAsync();
    }

    /// <summary>Disposes what it owns. By default that is the destination that receives the calls.</summary>
    protected virtual ValueTask CloseAsync() => Inner.DisposeAsync();
}
