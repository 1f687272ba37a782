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

    /// <summary>Looks there, and at every destination where it is a database that was asked for.</summary>
    /// <param name="from">As for <see cref="FindAsync"/>.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="HoldfastException">The path has nothing, or may not be looked at. Of a database nothing may be found.</exception>
    public async Task<FoundBackups> LookAsync(string from, CancellationToken cancellationToken)
    {
        if (IsDatabase(from)) return await AllOfAsync(DatabaseId.Parse(from), cancellationToken);
        var stored = await FindAsync(from, cancellationToken);
        var folder = from.TrimEnd('/');
        if (stored.Archive is not null) folder = folder[..folder.LastIndexOf('/')];
        if (folder.Length == 0) folder = "/";
        return new([new(from.StartsWith('/') ? null : InDestination(from).Name, folder, stored)], new Dictionary<string, HoldfastException>());
    }

    /// <summary>The chains of a database at each destination that has any. A destination that cannot be looked at hides those of no other.</summary>
    public async Task<FoundBackups> AllOfAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var found = new List<FoundPlace>();
        var problems = new Dictionary<string, HoldfastException>(StringComparer.Ordinal);
        foreach (var item in destinations.Items)
        {
            try
            {
                var destination = await destinations.OpenAsync(item.Key, cancellationToken);
                var chains = new List<StoredChain>();
                await foreach (var chain in DatabaseFolder.Of(destination, database).ChainsAsync(cancellationToken)) chains.Add(chain);
                if (chains.Count > 0) found.Add(new(item.Key, $"{DestinationStart}{item.Key}", new(destination, chains, null)));
            }
            catch (HoldfastException e)
            {
                problems[item.Key] = e;
            }
        }

        return new(found, problems);
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
        return all.Places.Count > 0
            ? all.Places.MaxBy(f => f.Stored.Chains.Max(c => c.NewestTime))!.Stored
            : throw all.Problems.Values.FirstOrDefault() ?? new HoldfastException(ErrorCatalogue.NotFound, $"No destination has a backup of '{database}'.", "Look at another path, or check the destinations.");
    }

    private static async Task<StoredPath> AtPathAsync(string full, CancellationToken cancellationToken)
    {
        if (Directory.Exists(full)) return await StoredPath.ResolveAsync(LocalDestination.Open(full, create: false), Path.GetFileName(full), null, cancellationToken);
        if (!File.Exists(full)) throw new HoldfastException(ErrorCatalogue.NotFound, $"'{full}' is not there.", "Give an archive, a chain's folder, a database's folder, or the root of a destination.");
        var folder = Path.GetDirectoryName(full)!;
        return await StoredPath.ResolveAsync(LocalDestination.Open(folder, create: false), Path.GetFileName(folder), Path.GetFileName(full), cancellationToken);
    }
}
