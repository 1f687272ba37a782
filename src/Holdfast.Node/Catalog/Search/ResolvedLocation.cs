using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>The contents of a user-supplied path: one archive, a chain, a database's folder, or anything above it.</summary>
/// <param name="Destination">The destination, opened at the path's folder.</param>
/// <param name="Chains">The chains in that folder, the newest of each database first.</param>
/// <param name="Archive">The archive, if the path names one; null for a folder.</param>
public sealed record ResolvedLocation(IDestination Destination, IReadOnlyList<StoredChain> Chains, StoredArchive? Archive)
{
    /// <summary>Name of the folder at which <see cref="Destination"/> is opened; empty if it has none.</summary>
    public string Folder { get; init; } = "";

    /// <summary>
    /// Path of <see cref="Destination"/> relative to the root of the destination that contains it; empty for the root itself, null
    /// if no such root was found.
    /// </summary>
    public string? PathFromRoot { get; init; }

    /// <summary>Name of the destination that contains it; null for a path.</summary>
    public string? DestinationName { get; init; }

    /// <summary>
    /// The folders that have a file for other servers according to the listing; null if the listing does not say.
    /// </summary>
    internal IReadOnlySet<string>? FoldersWithHints { get; init; }

    /// <summary>Path of a chain from the root of the destination that contains it.</summary>
    public string PathOf(StoredChain chain) =>
        string.Join('/', $"{PathFromRoot}/{chain.Path}".Split('/', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// Whether the file for other servers in a folder of this location is worth a request: at a local destination, opening the archives
    /// costs none. The folder of a chain has no such file.
    /// </summary>
    internal bool MayHaveHints(string folder) =>
        Destination.Capabilities.IsRemote
        && Chains.All(c => c.Path.Length > 0)
        && (FoldersWithHints is null || FoldersWithHints.Contains(folder));

    /// <summary>Path of a folder from the root of the destination that contains it; null if that root is unknown.</summary>
    internal string? FindDatabaseFolder(string folder) =>
        PathFromRoot is null && DestinationName is null
            ? null
            : string.Join('/', $"{PathFromRoot}/{folder}".Split('/', StringSplitOptions.RemoveEmptyEntries));

    private const int MaxDepth = 2; // root, source, database

    /// <summary>Lists a folder that was opened by its path; closes it on failure.</summary>
    /// <param name="opened">The opened path.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if there is no backup.</exception>
    public static async Task<ResolvedLocation> ResolveAsync(OpenedPath opened, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(opened.Destination, opened.Folder, opened.File, cancellationToken) with
            {
                Folder = opened.Folder,
                PathFromRoot = opened.PathFromRoot,
            };
        }
        catch
        {
            await opened.Destination.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lists the root of <paramref name="destination"/>.</summary>
    /// <param name="destination">The destination, opened at a folder.</param>
    /// <param name="folderName">Name of that folder.</param>
    /// <param name="file">Name of a single file to select; null for the whole folder.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if there is no backup.</exception>
    public static async Task<ResolvedLocation> ResolveAsync(
        IDestination destination,
        string folderName,
        string? file,
        CancellationToken cancellationToken
    )
    {
        if (file is not null)
        {
            // A single file may be anywhere, also outside of a chain's folder; its neighbors are its chain.
            var name = ChainName.TryParse(folderName) ?? new ChainName(DateTimeOffset.UnixEpoch, "A", Core.Tasks.BackupType.Backup, null);
            var chain = await DatabaseFolder.ReadChainAsync(destination, "", name, cancellationToken);
            var archive = chain.Archives.FirstOrDefault(a => a.Path == file)
                ?? throw new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"'{file}' does not have the name of an archive.",
                    "Archives are named <time>.<form>.tar.zst or .tar.zst.age; restore the original name of the file."
                );
            return new(destination, [chain], archive);
        }

        if (ChainName.TryParse(folderName) is { } own)
        {
            return new(destination, [await DatabaseFolder.ReadChainAsync(destination, "", own, cancellationToken)], null);
        }
        var chains = new List<StoredChain>();
        var listed = await TreeListing.ReadAsync(destination, cancellationToken);
        await CollectChainsAsync(listed, "", 0, chains, cancellationToken);
        if (chains.Count > 0)
        {
            return new(destination, chains, null) { FoldersWithHints = (listed as TreeListing)?.FindFoldersWith(SharedCatalog.FileName) };
        }
        throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"No backup was found in '{destination.Name}'.",
            "Give an archive, a chain's folder, a database's folder, or the root of a destination."
        );
    }

    private static async Task CollectChainsAsync(
        IDestination destination,
        string folder,
        int level,
        List<StoredChain> chains,
        CancellationToken cancellationToken
    )
    {
        var found = chains.Count;
        await foreach (var chain in new DatabaseFolder(destination, folder).ListChainsAsync(cancellationToken))
        {
            chains.Add(chain);
        }
        if (chains.Count > found || level == MaxDepth)
        {
            return;
        }
        await foreach (var entry in destination.ListAsync(folder, cancellationToken))
        {
            if (entry.IsFolder)
            {
                await CollectChainsAsync(
                    destination,
                    folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}",
                    level + 1,
                    chains,
                    cancellationToken
                );
            }
        }
    }
}
