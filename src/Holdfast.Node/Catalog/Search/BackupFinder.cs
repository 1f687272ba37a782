using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;

namespace Holdfast.Node.Catalog.Search;

/// <summary>Finds the backups of a database, at a destination, or under a path.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="paths">Opens user-supplied paths.</param>
/// <param name="clock">The trusted clock that names are checked against; null to accept all names.</param>
/// <param name="audit">Receives the listing of each database; null for none.</param>
public sealed class BackupFinder(
    DestinationRegistry destinations,
    PathResolver paths,
    TrustedClockMonitor? clock = null,
    CatalogAudit? audit = null
)
{
    private const string DestinationPrefix = "destination:";

    /// <summary>
    /// The time of a chain when the newest of several is selected: a name too far in the future does not make a chain the newest.
    /// </summary>
    public DateTimeOffset NewestTimeOf(StoredChain chain) => clock is null ? chain.NewestTime : chain.NewestUntil(clock.LatestPossibleTime);

    /// <summary>Whether a time in a name is too far in the future to count.</summary>
    public bool IsBeyondClockSkew(DateTimeOffset time) => clock is not null && TimeStamp.IsBeyondClockSkew(time, clock.LatestPossibleTime);

    /// <summary>Whether backups at a destination have left the machine, so that reading them is slower.</summary>
    public bool IsRemote(string destination) => destinations.Find(destination)?.Value is { } config && destinations.IsRemote(config);

    /// <summary>Whether the location is the id of a database rather than a destination or a path.</summary>
    public static bool IsDatabase(string from) => !from.StartsWith('/') && !from.StartsWith(DestinationPrefix, StringComparison.Ordinal);

    /// <summary>Name of the destination; null for the id of a database and for a path.</summary>
    public static string? DestinationOf(string from) =>
        from.StartsWith(DestinationPrefix, StringComparison.Ordinal) ? SplitDestination(from).Name : null;

    /// <summary>Checks whether a location may be accessed, without accessing it.</summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">The location is outside of the allowed roots, names an undefined destination, or is not
    /// a database id.</exception>
    public async Task ValidateAsync(string from, CancellationToken cancellationToken)
    {
        if (from.StartsWith('/'))
        {
            await paths.ResolveAsync(from, cancellationToken);
        }
        else if (IsDatabase(from))
        {
            DatabaseId.Parse(from);
        }
        else
        {
            var (name, path) = SplitDestination(from);
            if (destinations.Find(name) is null)
            {
                throw new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"Destination '{name}' is not defined.",
                    "List destinations with: GET /api/v1/destinations"
                );
            }
            NormalizePath(path);
            await destinations.ResolveAsync(name, cancellationToken);
        }
    }

    /// <summary>
    /// Converts a path that leads into a destination to a location at that destination, so that its archives are compared with the
    /// catalog and findings are recorded. A path to a disk that is not a destination stays a path, which is how its backups are
    /// restored.
    /// </summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="HoldfastException">The location is outside of the allowed roots, or cannot be read.</exception>
    public async Task<string> NormalizeAsync(string from, CancellationToken cancellationToken)
    {
        if (!from.StartsWith('/'))
        {
            return from;
        }
        var path = Path.TrimEndingDirectorySeparator(await paths.ResolveAsync(from, cancellationToken));
        foreach (var item in destinations.Items)
        {
            if (await FindRelativePathAsync(item.Key, path, cancellationToken) is not { } beneath)
            {
                continue;
            }
            try
            {
                await (await destinations.OpenAsync(item.Key, cancellationToken)).DisposeAsync();
                return beneath.Length == 0 ? $"{DestinationPrefix}{item.Key}" : $"{DestinationPrefix}{item.Key}/{beneath}";
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationIdentity)
            {
                return from;
            }
        }

        return from;
    }

    /// <summary>Finds the backups at a location.</summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The result; dispose its destination after the last read.</returns>
    /// <exception cref="HoldfastException">Nothing was found, or the location is not allowed.</exception>
    public async Task<ResolvedLocation> FindAsync(string from, CancellationToken cancellationToken)
    {
        if (from.StartsWith('/'))
        {
            return await FindAtPathAsync(from, cancellationToken);
        }
        if (IsDatabase(from))
        {
            return await FindOfDatabaseAsync(DatabaseId.Parse(from), cancellationToken);
        }
        var (name, path) = SplitDestination(from);
        var relative = NormalizePath(path);
        var destination = await destinations.OpenAsync(name, cancellationToken);
        return await ResolvedLocation.ResolveAsync(
            await DestinationFolder.OpenAsync(destination, relative, cancellationToken),
            cancellationToken
        ) with
        {
            DestinationName = name,
        };
    }

    /// <summary>Finds the backups at a location; for a database, at every destination.</summary>
    /// <param name="from">As for <see cref="FindAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="HoldfastException">
    /// The path has no backup, or is not allowed. For a database, an empty result is no error.
    /// </exception>
    public async Task<BackupSearchResult> SearchAsync(string from, CancellationToken cancellationToken)
    {
        if (IsDatabase(from))
        {
            return await SearchDatabaseAsync(DatabaseId.Parse(from), cancellationToken);
        }
        var stored = await FindAsync(from, cancellationToken);
        var folder = from.TrimEnd('/');
        if (stored.Archive is not null)
        {
            folder = folder[..folder.LastIndexOf('/')];
        }
        if (folder.Length == 0)
        {
            folder = "/";
        }
        return new(
            [new(from.StartsWith('/') ? null : SplitDestination(from).Name, folder, stored)],
            new Dictionary<string, HoldfastException>()
        );
    }

    /// <summary>
    /// The chains of a database at each destination that has any. A destination that cannot be read does not hide the others.
    /// </summary>
    public async Task<BackupSearchResult> SearchDatabaseAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var found = new List<BackupLocation>();
        var problems = new Dictionary<string, HoldfastException>(StringComparer.Ordinal);
        // At the same time: one that does not respond delays the others once.
        var names = destinations.Items.Select(i => i.Key).ToList();
        var searches = names.ConvertAll(name => ListChainsAsync(name, database, cancellationToken));
        await Task.WhenAll(searches.Select(Task (s) => s)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (name, search) in names.Zip(searches))
        {
            try
            {
                var (destination, chains) = await search;
                if (destination is not null)
                {
                    found.Add(new(name, $"{DestinationPrefix}{name}", new(destination, chains, null)));
                }
            }
            catch (HoldfastException e)
            {
                problems[name] = e;
            }
        }

        return new(found, problems);
    }

    /// <summary>
    /// The name of a destination and a path below its root, even if that path begins with a slash; both null for any other
    /// location.
    /// </summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    public static (string? Name, string? Path) ParseDestination(string from) =>
        from.StartsWith(DestinationPrefix, StringComparison.Ordinal) ? SplitDestination(from) : default;

    private static (string Name, string Path) SplitDestination(string from)
    {
        var parts = from[DestinationPrefix.Length..].Split('/', 2);
        return (parts[0], parts.Length == 1 ? "" : parts[1].TrimStart('/'));
    }

    // A normalized path at a destination, so that no destination has to handle empty parts and dots.
    private static string NormalizePath(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/').Where(p => p is not ("" or ".")))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"'{path}' leaves the destination.",
                    "Give a path from the root of the destination."
                );
            }
        }
        return string.Join('/', parts);
    }

    // The path below the root of a destination; null if it lies elsewhere, or if the root does not respond: then nothing can be
    // read there either.
    private async Task<string?> FindRelativePathAsync(string name, string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await destinations.ResolveAsync(name, cancellationToken)).FindRelativePath(path);
        }
        catch (HoldfastException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    // Null if it has none, in which case nobody needs it any more.
    private async Task<(IDestination? Destination, IReadOnlyList<StoredChain> Chains)> ListChainsAsync(
        string name,
        DatabaseId database,
        CancellationToken cancellationToken
    )
    {
        var destination = await destinations.OpenAsync(name, cancellationToken);
        var chains = new List<StoredChain>();
        try
        {
            var known = audit?.GetKnownChains(database) ?? []; // before the listing: see ListingComparer
            await foreach (var chain in DatabaseFolder.Of(destination, database).ListChainsAsync(cancellationToken))
            {
                chains.Add(chain);
            }
            if (audit is not null)
            {
                await audit.RecordMissingAsync(database, known, name, destination, chains);
            }
        }
        finally
        {
            if (chains.Count == 0)
            {
                await destination.DisposeAsync();
            }
        }

        return chains.Count == 0 ? (null, []) : (destination, chains);
    }

    // The destination that has the newest archive of all.
    private async Task<ResolvedLocation> FindOfDatabaseAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var all = await SearchDatabaseAsync(database, cancellationToken);
        var newest = all.Locations.MaxBy(f => f.Resolved.Chains.Max(NewestTimeOf))
            ?? throw all.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"No destination has a backup of '{database}'.",
                    "Try another path, or check the destinations."
                );
        foreach (var other in all.Locations.Where(p => p != newest))
        {
            await other.Resolved.Destination.DisposeAsync();
        }
        return newest.Resolved with { DestinationName = newest.Destination };
    }

    private async Task<ResolvedLocation> FindAtPathAsync(string path, CancellationToken cancellationToken) =>
        await ResolvedLocation.ResolveAsync(await paths.OpenAsync(path, cancellationToken), cancellationToken);
}
