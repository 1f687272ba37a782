using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>A folder of a destination, as a destination of its own. Disposing it disposes the destination.</summary>
/// <param name="inner">The destination.</param>
/// <param name="root">Path of the folder in it.</param>
public sealed class DestinationFolder(IDestination inner, string root) : IDestination
{
    /// <inheritdoc/>
    public string Name => inner.NameOf(root);

    /// <inheritdoc/>
    public string? Identity => inner.Identity;

    /// <summary>Opens a folder of a destination, or the folder that contains a file. Creates nothing.</summary>
    /// <param name="destination">The destination; the result takes ownership of it, and a failure disposes it.</param>
    /// <param name="path">Path of the folder or file from the root, separated by <c>/</c>.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if the path does not exist.</exception>
    public static async Task<OpenedPath> OpenAsync(IDestination destination, string path, CancellationToken cancellationToken)
    {
        try
        {
            if (path.Length == 0)
            {
                return new(destination, "", null, "");
            }
            var (parent, name) = Split(path);
            var entry = await FindAsync(destination, parent, name, cancellationToken)
                ?? throw new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"'{destination.NameOf(path)}' does not exist.",
                    "Give an archive, the folder of a chain, the folder of a database, or the root of a destination."
                );
            return entry.IsFolder
                ? new(new DestinationFolder(destination, path), name, null, path)
                : new(new DestinationFolder(destination, parent), Split(parent).Name, name, parent);
        }
        catch
        {
            await destination.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task CheckIdentityAsync(CancellationToken cancellationToken) => inner.CheckIdentityAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        inner.ListAsync(PathOf(folder), cancellationToken);

    /// <inheritdoc/>
    public Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken) =>
        inner.BeginUploadAsync(PathOf(path), cancellationToken);

    /// <inheritdoc/>
    public Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
        inner.PublishAsync(uploads, cancellationToken);

    /// <inheritdoc/>
    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        inner.OpenAsync(PathOf(path), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) => inner.DeleteAsync(PathOf(path), cancellationToken);

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => inner.FreeBytesAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static (string Parent, string Name) Split(string path) =>
        path.LastIndexOf('/') is >= 0 and var slash ? (path[..slash], path[(slash + 1)..]) : ("", path);

    private static async Task<DestinationEntry?> FindAsync(
        IDestination destination,
        string folder,
        string name,
        CancellationToken cancellationToken
    )
    {
        await foreach (var entry in destination.ListAsync(folder, cancellationToken))
        {
            if (entry.Name == name)
            {
                return entry;
            }
        }
        return null;
    }

    private string PathOf(string path) =>
        root.Length == 0 ? path
        : path.Length == 0 ? root
        : $"{root}/{path}";
}
