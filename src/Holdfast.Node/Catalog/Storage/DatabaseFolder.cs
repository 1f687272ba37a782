using System.Runtime.CompilerServices;
using Holdfast.Core.Databases;
using Holdfast.Core.Layout;
using Holdfast.Destinations;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>The folder of one database at a destination, which contains its chains.</summary>
/// <param name="destination">The destination.</param>
/// <param name="path">Path of the folder at the destination.</param>
public sealed class DatabaseFolder(IDestination destination, string path)
{
    /// <summary>The destination.</summary>
    public IDestination Destination { get; } = destination;

    /// <summary>Path of the folder at the destination.</summary>
    public string Path { get; } = path;

    /// <summary>The folder of <paramref name="database"/>.</summary>
    public static DatabaseFolder Of(IDestination destination, DatabaseId database) => new(destination, PathOf(database));

    /// <summary>Path of the folder of <paramref name="database"/> at every destination.</summary>
    public static string PathOf(DatabaseId database) => $"{FolderName.Encode(database.Source)}/{FolderName.Encode(database.Name)}";

    /// <summary>
    /// Lists its chains, the newest first. Names never go back in time, so their order is that of the backups even if a clock did.
    /// </summary>
    public async IAsyncEnumerable<StoredChain> ListChainsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = new List<(string Folder, ChainName Name)>();
        await foreach (var entry in Destination.ListAsync(Path, cancellationToken))
        {
            if (entry.IsFolder && ChainName.TryParse(entry.Name) is { } name)
            {
                names.Add((entry.Name, name));
            }
        }

        names.Reverse();
        foreach (var (folder, name) in names)
        {
            yield return await ReadChainAsync(Destination, Path.Length == 0 ? folder : $"{Path}/{folder}", name, cancellationToken);
        }
    }

    /// <summary>Lists the folder of one chain.</summary>
    public static async Task<StoredChain> ReadChainAsync(
        IDestination destination,
        string path,
        ChainName name,
        CancellationToken cancellationToken
    )
    {
        var files = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var entry in destination.ListAsync(path, cancellationToken))
        {
            if (!entry.IsFolder)
            {
                files.Add(entry.Name, entry.Length);
            }
        }
        var prefix = path.Length == 0 ? "" : $"{path}/";
        var archives = files
            .Select(f => (File: f, Name: ArchiveName.TryParse(f.Key)))
            .Where(f => f.Name is not null)
            .Select(f => new StoredArchive(prefix + f.File.Key, f.Name!, f.File.Value, files.ContainsKey(f.Name!.IndexName))
            {
                IndexLength = files.TryGetValue(f.Name!.IndexName, out var index) ? index : null,
            })
            .OrderBy(a => a.Name.Time)
            .ThenBy(a => a.Path, StringComparer.Ordinal)
            .ToList();
        var indexes = archives.Select(a => a.Name.IndexName).ToHashSet(StringComparer.Ordinal);
        var leftovers = files.Keys.Where(f =>
            f.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal)
            || (f.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal) && !indexes.Contains(f))
        );
        return new(path, name, archives, [.. leftovers.Select(f => prefix + f)]);
    }
}
