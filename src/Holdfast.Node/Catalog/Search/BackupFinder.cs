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

/// <summary>Finds the backups that a person means: those of a database, of a destination, or under a path.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="paths">Opens what is given by its path.</param>
/// <param name="clock">The trusted clock that names are checked against; null if all of them count.</param>
/// <param name="audit">Told what was listed of a database; null where nobody is.</param>
public sealed class BackupFinder(
    DestinationRegistry destinations,
    PathResolver paths,
    TrustedClockMonitor? clock = null,
    CatalogAudit? audit = null
)
{
    private const string DestinationPrefix = "destination:";

    /// <summary>
    /// The time that a chain counts as, where the newest of several is meant: a name that lies too far ahead makes none
    /// the newest.
    /// </summary>
    public DateTimeOffset NewestTimeOf(StoredChain chain) => clock is null ? chain.NewestTime : chain.NewestUntil(clock.LatestPossibleTime);

    /// <summary>Whether a time in a name lies too far ahead to count.</summary>
    public bool IsBeyondClockSkew(DateTimeOffset time) => clock is not null && TimeStamp.IsBeyondClockSkew(time, clock.LatestPossibleTime);

    /// <summary>Whether it is the id of a database, rather than a destination or a path.</summary>
    public static bool IsDatabase(string from) => !from.StartsWith('/') && !from.StartsWith(DestinationPrefix, StringComparison.Ordinal);

    /// <summary>Name of the destination that is asked for; null for a database's id and for a path.</summary>
    public static string? DestinationOf(string from) =>
        from.StartsWith(DestinationPrefix, StringComparison.Ordinal) ? SplitDestination(from).Name : null;

    /// <summary>Whether it may be looked at, without doing so.</summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">It lies outside of the allowed roots, names no destination, or is no database's id.</exception>
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
                    ErrorCatalogue.NotFound,
                    $"Destination '{name}' is not defined.",
                    "List them with: GET /api/v1/destinations"
                );
            }
            NormalizePath(path);
            await destinations.ResolveAsync(name, cancellationToken);
        }
    }

    /// <summary>
    /// The same place as one of a destination where a path leads into one, so that what lies there is held against what
    /// was written, and what is found is
    /// noted. A path to a disk that is not the destination's stays a path: that is how its backups are restored.
    /// </summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">It lies outside of the allowed roots, or cannot be looked at.</exception>
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
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.DestinationIdentity)
            {
                return from;
            }
        }

        return from;
    }

    /// <summary>Looks there.</summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>What lies there; dispose its destination when nothing is read there any more.</returns>
    /// <exception cref="HoldfastException">Nothing is there, or it may not be looked at.</exception>
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
        );
    }

    /// <summary>Looks there, and at every destination where it is a database that was asked for.</summary>
    /// <param name="from">As for <see cref="FindAsync"/>.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">The path has nothing, or may not be looked at. Of a database nothing may be found.</exception>
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
    /// The chains of a database at each destination that has any. A destination that cannot be looked at hides those of
    /// no other.
    /// </summary>
    public async Task<BackupSearchResult> SearchDatabaseAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var found = new List<BackupLocation>();
        var problems = new Dictionary<string, HoldfastException>(StringComparer.Ordinal);
        foreach (var item in destinations.Items)
        {
            try
            {
                var (destination, chains) = await ListChainsAsync(item.Key, database, cancellationToken);
                if (destination is not null)
                {
                    found.Add(new(item.Key, $"{DestinationPrefix}{item.Key}", new(destination, chains, null)));
                }
            }
            catch (HoldfastException e)
            {
                problems[item.Key] = e;
            }
        }

        return new(found, problems);
    }

    /// <summary>
    /// The name of a destination and a path there, which begins at its root, even one that begins with a slash; both
    /// null where it is neither.
    /// </summary>
    /// <param name="from">As <see cref="RestoreJob.From"/> says.</param>
    public static (string? Name, string? Path) ParseDestination(string from) =>
        from.StartsWith(DestinationPrefix, StringComparison.Ordinal) ? SplitDestination(from) : default;

    private static (string Name, string Path) SplitDestination(string from)
    {
        var parts = from[DestinationPrefix.Length..].Split('/', 2);
        return (parts[0], parts.Length == 1 ? "" : parts[1].TrimStart('/'));
    }

    // A path at a destination, without empty parts and dots, which no destination has to know.
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
                    ErrorCatalogue.Usage,
                    $"'{path}' leads out of the destination.",
                    "Give a path from the root of the destination."
                );
            }
        }
        return string.Join('/', parts);
    }

    // The path below the root of a destination; null where it lies elsewhere, or where the root does not answer: then
    // nothing can be read there either.
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

    // Null where it has none: then nobody needs it any more.
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

    // The destination whose newest archive is the newest of all.
    private async Task<ResolvedLocation> FindOfDatabaseAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var all = await SearchDatabaseAsync(database, cancellationToken);
        var newest = all.Locations.MaxBy(f => f.Resolved.Chains.Max(NewestTimeOf))?.Resolved
            ?? throw all.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"No destination has a backup of '{database}'.",
                    "Look at another path, or check the destinations."
                );
        foreach (var other in all.Locations.Where(p => p.Resolved != newest))
        {
            await other.Resolved.Destination.DisposeAsync();
        }
        return newest;
    }

    private async Task<ResolvedLocation> FindAtPathAsync(string path, CancellationToken cancellationToken) =>
        await ResolvedLocation.ResolveAsync(await paths.OpenAsync(path, cancellationToken), cancellationToken);
}
