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

    // A folder above those of databases can be far too large to be listed with everything below it.
    private bool IsOfDatabase { get; init; }

    /// <summary>The folder of <paramref name="database"/>.</summary>
    public static DatabaseFolder Of(IDestination destination, DatabaseId database) =>
        new(destination, PathOf(database)) { IsOfDatabase = true };

    /// <summary>Path of the folder of <paramref name="database"/> at every destination.</summary>
    public static string PathOf(DatabaseId database) => $"{FolderName.Encode(database.Source)}/{FolderName.Encode(database.Name)}";

    /// <summary>
    /// Lists its chains, the newest first. Names never go back in time, so their order is that of the backups even if a clock did.
    /// </summary>
    public async IAsyncEnumerable<StoredChain> ListChainsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (IsOfDatabase && Destination.Capabilities.RecursiveList)
        {
            foreach (var chain in await ListTreeAsync(cancellationToken))
            {
                yield return chain;
            }
            yield break;
        }
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
            yield return await ReadChainAsync(Destination, ChainPath(folder), name, cancellationToken);
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
        var files = new List<DestinationEntry>();
        await foreach (var entry in destination.ListAsync(path, cancellationToken))
        {
            if (!entry.IsFolder)
            {
                files.Add(entry);
            }
        }
        return CreateChain(path, name, files);
    }

    internal static StoredChain CreateChain(string path, ChainName name, IReadOnlyList<DestinationEntry> entries)
    {
        var files = entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        var prefix = path.Length == 0 ? "" : $"{path}/";
        var archives = files
            .Select(f => (File: f.Value, Name: ArchiveName.TryParse(f.Key)))
            .Where(f => f.Name is not null)
            .Select(f => new StoredArchive(prefix + f.File.Name, f.Name!, f.File.Length, files.ContainsKey(f.Name!.IndexName))
            {
                IndexLength = files.TryGetValue(f.Name!.IndexName, out var index) ? index.Length : null,
            })
            .OrderBy(a => a.Name.Time)
            .ThenBy(a => a.Path, StringComparer.Ordinal)
            .ToList();
        var indexes = archives.Select(a => a.Name.IndexName).ToHashSet(StringComparer.Ordinal);
        var leftovers = files
            .Values.Where(f =>
                f.Name.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal)
                || (f.Name.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal) && !indexes.Contains(f.Name))
            )
            .ToList();
        return new(path, name, archives, [.. leftovers.Select(f => prefix + f.Name)])
        {
            LeftoverTimes = leftovers
                .Where(f => f.Modified is not null)
                .ToDictionary(f => prefix + f.Name, f => f.Modified!.Value, StringComparer.Ordinal),
        };
    }

    private string ChainPath(string folder) => Path.Length == 0 ? folder : $"{Path}/{folder}";

    // One request for each page instead of one for each chain. Chains without any file do not exist at such a destination.
    private async Task<List<StoredChain>> ListTreeAsync(CancellationToken cancellationToken)
    {
        var chains = new Dictionary<string, (ChainName Name, List<DestinationEntry> Files)>(StringComparer.Ordinal);
        await foreach (var entry in Destination.ListTreeAsync(Path, cancellationToken))
        {
            if (entry.Name.Split('/') is not [var folder, var file])
            {
                continue;
            }
            if (!chains.TryGetValue(folder, out var chain))
            {
                if (ChainName.TryParse(folder) is not { } name)
                {
                    continue;
                }
                chains[folder] = chain = (name, []);
            }
            chain.Files.Add(entry with { Name = file });
        }
        return
        [
            .. chains
                .OrderByDescending(c => c.Key, StringComparer.Ordinal)
                .Select(c => CreateChain(ChainPath(c.Key), c.Value.Name, c.Value.Files)),
        ];
    }
}
