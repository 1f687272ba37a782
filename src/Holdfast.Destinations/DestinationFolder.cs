using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>A folder of a destination, seen as a destination of its own. Disposes the destination with itself.</summary>
/// <param name="inner">The destination.</param>
/// <param name="root">Path of the folder there.</param>
public sealed class DestinationFolder(IDestination inner, string root) : IDestination
{
    /// <inheritdoc/>
    public string Name => inner.NameOf(root);

    /// <inheritdoc/>
    public string? Identity => inner.Identity;

    /// <summary>Opens a folder of a destination, or the folder that a file lies in; neither is created.</summary>
    /// <param name="destination">The destination; the result disposes it, and so does a failure.</param>
    /// <param name="path">Path of either from the root, with <c>/</c> between its parts.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/> where nothing is there.</exception>
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
                    ErrorCatalogue.NotFound,
                    $"'{destination.NameOf(path)}' is not there.",
                    "Give an archive, a chain's folder, a database's folder, or the root of a destination."
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
