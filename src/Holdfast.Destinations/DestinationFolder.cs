using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>A folder of a destination, as a destination of its own. Disposing it disposes the destination.</summary>
/// <param name="inner">The destination.</param>
/// <param name="root">Path of the folder in it.</param>
public sealed class DestinationFolder(IDestination inner, string root) : DelegatingDestination(inner)
{
    /// <inheritdoc/>
    public override string Name => Inner.NameOf(root);

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
    public override IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        Inner.ListAsync(PathOf(folder), cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<DestinationEntry> ListTreeAsync(string folder, CancellationToken cancellationToken) =>
        Inner.ListTreeAsync(PathOf(folder), cancellationToken);

    /// <inheritdoc/>
    public override Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken) =>
        Inner.FindAsync(PathOf(path), cancellationToken);

    /// <inheritdoc/>
    public override Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken) =>
        Inner.BeginUploadAsync(PathOf(path), hint, cancellationToken);

    /// <inheritdoc/>
    public override Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        Inner.OpenAsync(PathOf(path), cancellationToken);

    /// <inheritdoc/>
    public override Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
        Inner.ReadSmallFileAsync(PathOf(path), maxBytes, cancellationToken);

    /// <inheritdoc/>
    public override Task<string?> ReplaceAsync(
        string path,
        ReadOnlyMemory<byte> content,
        string? expected,
        CancellationToken cancellationToken
    ) => Inner.ReplaceAsync(PathOf(path), content, expected, cancellationToken);

    /// <inheritdoc/>
    public override Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        Inner.DeleteAsync(PathOf(path), cancellationToken);

    /// <inheritdoc/>
    public override Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    ) => Inner.DeleteManyAsync([.. paths.Select(PathOf)], cancellationToken);

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
