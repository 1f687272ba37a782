using System.Runtime.CompilerServices;
using Holdfast.Core.Layout;
using Holdfast.Destinations;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>
/// Lists a whole destination, one folder of a database after another. Only the files of one folder are in memory: a listing returns those
/// that have the beginning of their path in common one after another.
/// </summary>
internal static class DestinationScan
{
    /// <summary>The folders of databases that have a chain, in any order.</summary>
    public static async IAsyncEnumerable<ScannedFolder> ListAsync(
        IDestination destination,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Folder? current = null;
        await foreach (var entry in destination.ListTreeAsync("", cancellationToken))
        {
            if (entry.Name.Split('/') is not [var source, var database, .. var rest] || rest.Length is 0 or > 2)
            {
                continue;
            }
            var path = $"{source}/{database}";
            if (current?.Path != path)
            {
                if (current?.Close() is { } closed)
                {
                    yield return closed;
                }
                current = new(path);
            }
            current.Add(rest, entry);
        }
        if (current?.Close() is { } last)
        {
            yield return last;
        }
    }

    private sealed class Folder(string path)
    {
        private readonly Dictionary<string, (ChainName Name, List<DestinationEntry> Files)> _chains = new(StringComparer.Ordinal);
        private readonly List<string> _foreign = [];
        private bool _hasSharedCatalog;

        public string Path => path;

        public void Add(string[] rest, DestinationEntry entry)
        {
            if (rest is [var file])
            {
                _hasSharedCatalog |= ScannedFolder.IsSharedCatalog(file);
                return;
            }
            if (!_chains.TryGetValue(rest[0], out var chain))
            {
                if (ChainName.TryParse(rest[0]) is not { } name)
                {
                    return;
                }
                _chains[rest[0]] = chain = (name, []);
            }
            chain.Files.Add(entry with { Name = rest[1] });
            if (!ScannedFolder.IsOwn(rest[1]))
            {
                _foreign.Add(entry.Name);
            }
        }

        // Null if it is not the folder of a database.
        public ScannedFolder? Close() =>
            _chains.Count == 0
                ? null
                : new(
                    path,
                    [
                        .. _chains
                            .OrderBy(c => c.Key, StringComparer.Ordinal)
                            .Select(c => DatabaseFolder.CreateChain($"{path}/{c.Key}", c.Value.Name, c.Value.Files)),
                    ],
                    _hasSharedCatalog,
                    _foreign
                );
    }
}
