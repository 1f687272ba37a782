using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Urls;

/// <summary>Opens a folder or an archive by its path from an outermost root, such as a bucket. Folders need not exist.</summary>
public static class UrlPath
{
    private const int MaxDepth = 3; // source, database, chain

    /// <summary>Opens the folder, or the folder that contains the archive. Creates nothing.</summary>
    /// <param name="root">The outermost root; the result takes ownership of it, and a failure disposes it.</param>
    /// <param name="path">Path from it, separated by <c>/</c>; empty for the root itself.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if the archive does not exist.</exception>
    public static async Task<OpenedPath> OpenAsync(IDestination root, string path, CancellationToken cancellationToken)
    {
        try
        {
            var (folder, file) = (path, (string?)null);
            var name = NameOf(path);
            if (ArchiveName.TryParse(name) is not null)
            {
                _ = await ExplainAsync(root, ParentOf(path), () => root.FindAsync(path, cancellationToken), cancellationToken)
                    ?? throw new HoldfastException(ErrorCatalog.NotFound, $"'{root.NameOf(path)}' does not exist.", "Check the URL.");
                (folder, file) = (ParentOf(path), name);
            }
            var beneath = await ExplainAsync(root, folder, () => FindPathFromRootAsync(root, folder, cancellationToken), cancellationToken);
            return new(folder.Length == 0 ? root : new DestinationFolder(root, folder), NameOf(folder), file, beneath);
        }
        catch
        {
            await root.DisposeAsync();
            throw;
        }
    }

    // A store gives no reason when it refuses to say whether a file exists, but when it refuses a listing.
    private static async Task<T> ExplainAsync<T>(IDestination root, string folder, Func<Task<T>> find, CancellationToken cancellationToken)
    {
        try
        {
            return await find();
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalog.NotFound)
        {
            await using var entries = root.ListAsync(folder, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await entries.MoveNextAsync();
            throw;
        }
    }

    // A chain can be copied anywhere, so its parent folders have a meaning only below the root of a destination.
    private static async Task<string?> FindPathFromRootAsync(IDestination root, string folder, CancellationToken cancellationToken)
    {
        var levels = new List<string> { folder };
        while (levels[^1].Length > 0 && levels.Count <= MaxDepth)
        {
            levels.Add(ParentOf(levels[^1]));
        }
        var found = await Task.WhenAll(levels.Select(l => IsRootAsync(root, l, cancellationToken)));
        return Array.IndexOf(found, true) is >= 0 and var level ? folder[levels[level].Length..].TrimStart('/') : null;
    }

    private static async Task<bool> IsRootAsync(IDestination root, string folder, CancellationToken cancellationToken)
    {
        try
        {
            var files = DestinationIdentity.RootFiles.Take(2).Select(f => folder.Length == 0 ? f : $"{folder}/{f}");
            var found = await Task.WhenAll(files.Select(f => root.FindAsync(f, cancellationToken)));
            return found.Any(f => f is not null);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationDenied)
        {
            return false; // credentials are often good for one prefix only
        }
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : "";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
