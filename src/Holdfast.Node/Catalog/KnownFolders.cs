using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;

namespace Holdfast.Node.Catalog;

/// <summary>
/// Which folders of databases at remote destinations the catalog knows completely, so that a backup need not list them: those that were
/// listed once, and in which everything that was published since is recorded. All members are thread-safe.
/// </summary>
public sealed class KnownFolders
{
    private readonly CatalogStore _store;

    // Folders with a publication that could not be noted, because the catalog cannot be written: unknown until they are listed.
    private readonly ConcurrentDictionary<(string Destination, DatabaseId Database), bool> _doubted = new();

    // Folders that this process has listed, or whose file for other servers it has found to be the one that it wrote.
    private readonly ConcurrentDictionary<(string Destination, DatabaseId Database), bool> _confirmed = new();

    internal KnownFolders(CatalogStore store) => _store = store;

    /// <summary>The version of the file for other servers as this node wrote it last; null if it has written none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if it cannot be read.</exception>
    public string? FindVersion(string destination, DatabaseId database) =>
        _store.Read(f => f.Folders.FindVersion(destination, database.ToString()));

    /// <summary>Sets the version of that file. Does not wait until this is stored.</summary>
    public void SetVersion(CopyLocation location, DatabaseId database, string? version)
    {
        _confirmed[(location.Destination, database)] = true;
        _store.Enqueue(file =>
        {
            file.Folders.SetVersion(file.DestinationKey(location.Destination, location.Identity), database.ToString(), version);
            return [];
        });
    }

    /// <summary>
    /// Whether a folder is as this node left it, which each process asks once: the data folder of a node can be an old copy, and another
    /// server can have written there. Costs one request.
    /// </summary>
    /// <param name="destination">Name of the destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="HoldfastException">The destination does not respond, or the catalog cannot be read.</exception>
    public async Task<bool> ConfirmAsync(string destination, IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        if (_confirmed.ContainsKey((destination, database)))
        {
            return true;
        }
        if (
            FindVersion(destination, database) is not { } version
            || await opened.FindAsync(SharedCatalog.PathOf(database), cancellationToken) is not { } file
            || file.Version != version
        )
        {
            return false;
        }
        _confirmed[(destination, database)] = true;
        return true;
    }

    /// <summary>Whether the catalog knows everything in the folder of a database at a destination.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if it cannot be read.</exception>
    public bool Contains(string destination, DatabaseId database) =>
        !_doubted.ContainsKey((destination, database)) && _store.Read(f => f.Folders.IsKnown(destination, database.ToString()));

    /// <summary>Notes that a folder was listed and that all differences are recorded.</summary>
    /// <param name="location">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="settled">
    /// Tasks whose earlier publications the listing settles, because none of their backups was publishing meanwhile; the id is null for
    /// one-time backups.
    /// </param>
    /// <exception cref="HoldfastException">As <see cref="ICatalog.RecordAsync"/>.</exception>
    public async Task AddAsync(CopyLocation location, DatabaseId database, params IReadOnlyList<string?> settled)
    {
        await WriteAsync([location], (file, destination) =>
        {
            file.Folders.SetKnown(destination, database.ToString());
            foreach (var task in settled)
            {
                file.Folders.Settle(destination, database.ToString(), task);
            }
        });
        _doubted.TryRemove((location.Destination, database), out _);
        _confirmed[(location.Destination, database)] = true;
    }

    /// <summary>Makes a folder unknown, because its destination has contradicted the catalog.</summary>
    /// <exception cref="HoldfastException">As <see cref="ICatalog.RecordAsync"/>.</exception>
    public Task RemoveAsync(CopyLocation location, DatabaseId database)
    {
        _doubted[(location.Destination, database)] = true;
        return WriteAsync([location], (file, destination) => file.Folders.SetUnknown(destination, database.ToString()));
    }

    /// <summary>
    /// Notes that an archive is about to be published: until the archive is recorded, the folder is unknown, also after a crash. If
    /// this cannot be noted, the folder is unknown until it is listed.
    /// </summary>
    public async Task BeginPublicationAsync(IReadOnlyCollection<CopyLocation> locations, DatabaseId database, string? task)
    {
        try
        {
            await WriteAsync(locations, (file, destination) => file.Folders.BeginPublication(destination, database.ToString(), task));
        }
        catch (HoldfastException)
        {
            // The catalog reports its own problem.
            foreach (var location in locations)
            {
                _doubted[(location.Destination, database)] = true;
            }
        }
    }

    private Task WriteAsync(IReadOnlyCollection<CopyLocation> locations, Action<CatalogFile, string> write) =>
        locations.Count == 0
            ? Task.CompletedTask
            : _store.WriteAsync(file =>
            {
                foreach (var (destination, identity) in locations)
                {
                    write(file, file.DestinationKey(destination, identity));
                }
                return [];
            });
}
