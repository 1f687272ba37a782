using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Sharing;

/// <summary>Writes what this node knows about the folder of a database at a destination for other servers.</summary>
/// <param name="catalog">The node's own catalog.</param>
/// <param name="time">The clock.</param>
/// <param name="node">Tag of the node.</param>
public sealed class SharedCatalogWriter(ICatalog catalog, TimeProvider time, string node)
{
    /// <summary>What the node's catalog says about the folder of a database at a destination.</summary>
    public SharedCatalog Create(string destination, DatabaseId database)
    {
        var ids = catalog.FindChainIds(database);
        var chains = catalog.ChainsOf(database).Select(c => Convert(c, destination, ids.GetValueOrDefault(c.Path))).OfType<SharedChain>();
        return new()
        {
            Format = SharedCatalog.CurrentFormat,
            Node = node,
            Written = time.GetUtcNow(),
            Chains = [.. chains],
        };
    }

    /// <summary>
    /// Writes the file, or deletes it if the folder has no archive any more. If another program has replaced it since, the folder is not
    /// known any more: the next backup lists it. What the file says and this node does not know, because it has lost its catalog, is kept.
    /// </summary>
    /// <param name="location">The destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Conflict"/> if another program has replaced it; or a failure of the destination or the catalog.
    /// </exception>
    public async Task WriteAsync(CopyLocation location, IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        var content = Create(location.Destination, database);
        var version = catalog.Folders.FindVersion(location.Destination, database);
        if (version is null && content.Chains.Count == 0 && await HasChainsAsync(opened, database, cancellationToken))
        {
            return; // this node knows nothing about the folder
        }
        if (version is null && content.LacksHashes)
        {
            var found = await FindAsync(opened, database, cancellationToken);
            (content, version) = found is { } file ? (content.AddFrom(file.Content), file.Version) : (content, null);
        }
        await WriteAsync(location, opened, database, content, version, cancellationToken);
    }

    /// <summary>Writes the file as <see cref="WriteAsync(CopyLocation, IDestination, DatabaseId, CancellationToken)"/> does.</summary>
    /// <param name="location">The destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="content">What is written.</param>
    /// <param name="expected">The version that it replaces; null for any.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task WriteAsync(
        CopyLocation location,
        IDestination opened,
        DatabaseId database,
        SharedCatalog content,
        string? expected,
        CancellationToken cancellationToken
    )
    {
        var path = SharedCatalog.PathOf(database);
        if (content.Chains.Count == 0)
        {
            await opened.DeleteAsync(path, cancellationToken);
            catalog.Folders.SetVersion(location, database, null);
            return;
        }
        try
        {
            var version = await opened.ReplaceAsync(path, WriteBounded(content), expected, cancellationToken);
            catalog.Folders.SetVersion(location, database, version);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Conflict)
        {
            await catalog.Folders.RemoveAsync(location, database);
            throw;
        }
    }

    /// <summary>
    /// Brings the file up to date after chains were deleted or archives copied: with the last chain, it is deleted. At a local destination,
    /// where the audit writes it, it is not created. A failure is left to the audit.
    /// </summary>
    /// <param name="location">The destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task TryUpdateAsync(CopyLocation location, IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        try
        {
            if (opened.Capabilities.IsRemote || await opened.FindAsync(SharedCatalog.PathOf(database), cancellationToken) is not null)
            {
                await WriteAsync(location, opened, database, cancellationToken);
            }
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Conflict)
        {
            await TryCreateAsync(location, opened, database, cancellationToken);
        }
        catch (Exception)
        {
            // Only a hint: a listing wins. Whatever happened, what was deleted or copied before has to be reported.
        }
    }

    // Somebody has deleted or replaced it: a missing one is written again, another one is left alone.
    private async Task TryCreateAsync(CopyLocation location, IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        try
        {
            if (await opened.FindAsync(SharedCatalog.PathOf(database), cancellationToken) is null)
            {
                var content = Create(location.Destination, database);
                await WriteAsync(location, opened, database, content, SmallFile.Absent, cancellationToken);
            }
        }
        catch (Exception)
        {
            // as above
        }
    }

    // Null also for one that cannot be read: it is replaced.
    private static async Task<(SharedCatalog Content, string? Version)?> FindAsync(
        IDestination opened,
        DatabaseId database,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await SharedCatalog.FindAsync(opened, DatabaseFolder.PathOf(database), cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Corrupt)
        {
            return null;
        }
    }

    private static async Task<bool> HasChainsAsync(IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        await foreach (var chain in DatabaseFolder.Of(opened, database).ListChainsAsync(cancellationToken))
        {
            if (chain.Archives.Count > 0)
            {
                return true;
            }
        }
        return false;
    }

    private static byte[] WriteBounded(SharedCatalog content)
    {
        while (true)
        {
            var bytes = SharedCatalogFormat.Write(content);
            if (bytes.Length <= SharedCatalog.MaxWrittenBytes || content.Chains.Count == 1)
            {
                return bytes;
            }
            content = content with { Chains = [.. content.Chains.Skip((content.Chains.Count + 1) / 2)], IsTruncated = true };
        }
    }

    // Null if nothing of it is there.
    private static SharedChain? Convert(CatalogChain chain, string destination, byte[]? ids)
    {
        var archives = chain
            .Entries.Where(e => e.CopyAt(destination) is { State: not CopyState.Missing })
            .Select(e => e.Archive)
            .Select(a => new SharedArchive(a.Name, a.Length, a.Sha256, a.IndexLength, a.IndexSha256))
            .ToList();
        return archives.Count == 0
            ? null
            : SharedCatalogFormat.WithIds(new() { Name = chain.Path[(chain.Path.LastIndexOf('/') + 1)..], Archives = archives }, ids);
    }
}
