using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Places;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Finds the backups that a person means: those of a database, of a destination, or under a path.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="paths">Opens what is given by its path.</param>
/// <param name="latest">Gives the latest that it can be now, which names are held against; null where all of them count.</param>
/// <param name="audit">Told what was listed of a database; null where nobody is.</param>
public sealed class BackupFinder(
    DestinationBook destinations,
    LocalPaths paths,
    Func<DateTimeOffset>? latest = null,
    CatalogAudit? audit = null
)
{
    private const string DestinationStart = "destination:";

    /// <summary>
    /// The time that a chain counts as, where the newest of several is meant: a name that lies too far ahead makes none
    /// the newest.
    /// </summary>
    public DateTimeOffset Newest(StoredChain chain) => latest is null ? chain.NewestTime : chain.NewestUntil(latest());

    /// <summary>Whether a time in a name lies too far ahead to count.</summary>
    public bool IsAhead(DateTimeOffset time) => latest is not null && TimeStamp.IsAhead(time, latest());

    /// <summary>Whether it is the id of a database, rather than a destination or a path.</summary>
    public static bool IsDatabase(string from) => !from.StartsWith('/') && !from.StartsWith(DestinationStart, StringComparison.Ordinal);

    /// <summary>Name of the destination that is asked for; null for a database's id and for a path.</summary>
    public static string? DestinationOf(string from) =>
        from.StartsWith(DestinationStart, StringComparison.Ordinal) ? InDestination(from).Name : null;

    /// <summary>Whether it may be looked at, without doing so.</summary>
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">It lies outside of the allowed roots, names no destination, or is no database's id.</exception>
    public async Task CheckAsync(string from, CancellationToken cancellationToken)
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
            var (name, path) = InDestination(from);
            var root = destinations.Find(name)?.Value.Path
                ?? throw new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"Destination '{name}' is not defined.",
                    "List them with: GET /api/v1/destinations"
                );
            await paths.ResolveAsync(Path.Combine(root, path), cancellationToken);
        }
    }

    /// <summary>
    /// The same place as one of a destination where a path leads into one, so that what lies there is held against what
    /// was written, and what is found is
    /// noted. A path to a disk that is not the destination's stays a path: that is how its backups are restored.
    /// </summary>
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">It lies outside of the allowed roots, or cannot be looked at.</exception>
    public async Task<string> PlaceAsync(string from, CancellationToken cancellationToken)
    {
        if (!from.StartsWith('/'))
        {
            return from;
        }
        var path = Path.TrimEndingDirectorySeparator(await paths.ResolveAsync(from, cancellationToken));
        foreach (var item in destinations.Items.Where(d => d.Value.Path is not null))
        {
            if (await BeneathAsync(item.Value.Path!, path, cancellationToken) is not { } beneath)
            {
                continue;
            }
            try
            {
                await (await destinations.OpenAsync(item.Key, cancellationToken)).DisposeAsync();
                return beneath.Length == 0 ? $"{DestinationStart}{item.Key}" : $"{DestinationStart}{item.Key}/{beneath}";
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.DestinationIdentity)
            {
                return from;
            }
        }

        return from;
    }

    /// <summary>Looks there.</summary>
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>What lies there; dispose its destination when nothing is read there any more.</returns>
    /// <exception cref="HoldfastException">Nothing is there, or it may not be looked at.</exception>
    public async Task<StoredPath> FindAsync(string from, CancellationToken cancellationToken)
    {
        if (from.StartsWith('/'))
        {
            return await AtPathAsync(from, cancellationToken);
        }
        if (IsDatabase(from))
        {
            return await OfDatabaseAsync(DatabaseId.Parse(from), cancellationToken);
        }
        var (name, path) = InDestination(from);
        await using var destination = await destinations.OpenAsync(name, cancellationToken);
        return await AtPathAsync(Path.Combine(destination.Name, path), cancellationToken);
    }

    /// <summary>Looks there, and at every destination where it is a database that was asked for.</summary>
    /// <param name="from">As for <see cref="FindAsync"/>.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">The path has nothing, or may not be looked at. Of a database nothing may be found.</exception>
    public async Task<FoundBackups> LookAsync(string from, CancellationToken cancellationToken)
    {
        if (IsDatabase(from))
        {
            return await AllOfAsync(DatabaseId.Parse(from), cancellationToken);
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
            [new(from.StartsWith('/') ? null : InDestination(from).Name, folder, stored)],
            new Dictionary<string, HoldfastException>()
        );
    }

    /// <summary>
    /// The chains of a database at each destination that has any. A destination that cannot be looked at hides those of
    /// no other.
    /// </summary>
    public async Task<FoundBackups> AllOfAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var found = new List<FoundPlace>();
        var problems = new Dictionary<string, HoldfastException>(StringComparer.Ordinal);
        foreach (var item in destinations.Items)
        {
            try
            {
                var (destination, chains) = await ChainsAsync(item.Key, database, cancellationToken);
                if (destination is not null)
                {
                    found.Add(new(item.Key, $"{DestinationStart}{item.Key}", new(destination, chains, null)));
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
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    public static (string? Name, string? Path) AtDestination(string from) =>
        from.StartsWith(DestinationStart, StringComparison.Ordinal) ? InDestination(from) : default;

    private static (string Name, string Path) InDestination(string from)
    {
        var parts = from[DestinationStart.Length..].Split('/', 2);
        return (parts[0], parts.Length == 1 ? "" : parts[1].TrimStart('/'));
    }

    // What is left of a path below a root; null where it leads elsewhere, or where the root does not answer: then
    // nothing can be read there either.
    private async Task<string?> BeneathAsync(string root, string path, CancellationToken cancellationToken)
    {
        try
        {
            root = Path.TrimEndingDirectorySeparator(await paths.ResolveAsync(root, cancellationToken));
            return path == root ? ""
                : path.StartsWith($"{root}/", StringComparison.Ordinal) ? path[(root.Length + 1)..]
                : null;
        }
        catch (HoldfastException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    // Null where it has none: then nobody needs it any more.
    private async Task<(IDestination? Destination, IReadOnlyList<StoredChain> Chains)> ChainsAsync(
        string name,
        DatabaseId database,
        CancellationToken cancellationToken
    )
    {
        var destination = await destinations.OpenAsync(name, cancellationToken);
        var chains = new List<StoredChain>();
        try
        {
            var known = audit?.Known(database) ?? []; // before the listing: see ListingComparer
            await foreach (var chain in DatabaseFolder.Of(destination, database).ChainsAsync(cancellationToken))
            {
                chains.Add(chain);
            }
            if (audit is not null)
            {
                await audit.NoteMissingAsync(database, known, name, destination, chains);
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
    private async Task<StoredPath> OfDatabaseAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var all = await AllOfAsync(database, cancellationToken);
        var newest = all.Places.MaxBy(f => f.Stored.Chains.Max(Newest))?.Stored
            ?? throw all.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"No destination has a backup of '{database}'.",
                    "Look at another path, or check the destinations."
                );
        foreach (var other in all.Places.Where(p => p.Stored != newest))
        {
            await other.Stored.Destination.DisposeAsync();
        }
        return newest;
    }

    private async Task<StoredPath> AtPathAsync(string path, CancellationToken cancellationToken) =>
        await StoredPath.ResolveAsync(await paths.OpenAsync(path, cancellationToken), cancellationToken);
}
