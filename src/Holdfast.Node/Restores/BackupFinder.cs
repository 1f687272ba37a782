using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Local;
using Holdfast.Node.Places;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Finds the backups that a person means: those of a database, of a destination, or under a path.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="roots">Where paths may lie.</param>
public sealed class BackupFinder(DestinationBook destinations, AllowedRoots roots)
{
    private const string DestinationStart = "destination:";

    /// <summary>Whether it is the id of a database, rather than a destination or a path.</summary>
    public static bool IsDatabase(string from) => !from.StartsWith('/') && !from.StartsWith(DestinationStart, StringComparison.Ordinal);

    /// <summary>Whether it may be looked at, without doing so.</summary>
    /// <exception cref="HoldfastException">It lies outside of the allowed roots, names no destination, or is no database's id.</exception>
    public void Check(string from)
    {
        if (from.StartsWith('/')) roots.Check(from);
        else if (IsDatabase(from)) DatabaseId.Parse(from);
        else if (InDestination(from) is var (name, path)) roots.Check(Path.Combine(destinations.Find(name)?.Value.Path ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Destination '{name}' is not defined.", "List them with: GET /api/v1/destinations"), path));
    }

    /// <summary>Looks there.</summary>
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">Nothing is there, or it may not be looked at.</exception>
    public async Task<StoredPath> FindAsync(string from, CancellationToken cancellationToken)
    {
        if (from.StartsWith('/')) return await AtPathAsync(roots.Check(from), cancellationToken);
        if (IsDatabase(from)) return await OfDatabaseAsync(DatabaseId.Parse(from), cancellationToken);
        var (name, path) = InDestination(from);
        var root = (await destinations.OpenAsync(name, cancellationToken)).Name;
        return await AtPathAsync(roots.Check(Path.Combine(root, path)), cancellationToken);
    }

    /// <summary>The chains of a database at each destination that has any, by the destinations' names. A destination that cannot be looked at hides those of no other.</summary>
    /// <exception cref="HoldfastException">None has any, and one could not be looked at.</exception>
    public async Task<IReadOnlyList<(string Destination, StoredPath Stored)>> AllOfAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var found = new List<(string, StoredPath)>();
        HoldfastException? failed = null;
        foreach (var item in destinations.Items)
        {
            try
            {
                var destination = await destinations.OpenAsync(item.Key, cancellationToken);
                var chains = new List<StoredChain>();
                await foreach (var chain in DatabaseFolder.Of(destination, database).ChainsAsync(cancellationToken)) chains.Add(chain);
                if (chains.Count > 0) found.Add((item.Key, new(destination, chains, null)));
            }
            catch (HoldfastException e)
            {
                failed ??= e;
            }
        }

        return found.Count > 0 || failed is null ? found : throw failed;
    }

    // A path there begins at its root, even one that begins with a slash.
    private static (string Name, string Path) InDestination(string from)
    {
        var parts = from[DestinationStart.Length..].Split('/', 2);
        return (parts[0], parts.Length == 1 ? "" : parts[1].TrimStart('/'));
    }

    // The destination whose newest archive is the newest of all.
    private async Task<StoredPath> OfDatabaseAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var all = await AllOfAsync(database, cancellationToken);
        return all.Count > 0
            ? all.MaxBy(f => f.Stored.Chains.Max(c => c.NewestTime)).Stored
            : throw new HoldfastException(ErrorCatalogue.NotFound, $"No destination has a backup of '{database}'.", "Look at another path, or check the destinations.");
    }

    private static async Task<StoredPath> AtPathAsync(string full, CancellationToken cancellationToken)
    {
        if (Directory.Exists(full)) return await StoredPath.ResolveAsync(LocalDestination.Open(full, create: false), Path.GetFileName(full), null, cancellationToken);
        if (!File.Exists(full)) throw new HoldfastException(ErrorCatalogue.NotFound, $"'{full}' is not there.", "Give an archive, a chain's folder, a database's folder, or the root of a destination.");
        var folder = Path.GetDirectoryName(full)!;
        return await StoredPath.ResolveAsync(LocalDestination.Open(folder, create: false), Path.GetFileName(folder), Path.GetFileName(full), cancellationToken);
    }
}
