using Holdfast.Destinations;

namespace Holdfast.Node.Catalog.Search;

/// <summary>
/// The folders of a destination from one recursive listing, where that takes few requests and a listing of each folder many. Does not own
/// the destination, and shows it as it was then.
/// </summary>
internal sealed class TreeListing : DelegatingDestination
{
    private readonly Dictionary<string, SortedDictionary<string, DestinationEntry>> _folders = new(StringComparer.Ordinal);

    private TreeListing(IDestination inner)
        : base(inner) { }

    /// <summary>Lists a destination; returns it as it is if it cannot be listed recursively.</summary>
    public static async Task<IDestination> ReadAsync(IDestination destination, CancellationToken cancellationToken)
    {
        if (!destination.Capabilities.RecursiveList)
        {
            return destination;
        }
        var listing = new TreeListing(destination);
        await foreach (var entry in destination.ListTreeAsync("", cancellationToken))
        {
            listing.Add(entry);
        }
        return listing;
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        _folders.TryGetValue(folder, out var entries) ? entries.Values.ToAsyncEnumerable() : AsyncEnumerable.Empty<DestinationEntry>();

    /// <summary>Paths of the folders that have a file of this name.</summary>
    public IReadOnlySet<string> FindFoldersWith(string file) =>
        _folders
            .Where(f => f.Value.TryGetValue(file, out var entry) && !entry.IsFolder)
            .Select(f => f.Key)
            .ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

    private void Add(DestinationEntry file)
    {
        var (path, entry) = (file.Name, file);
        while (true)
        {
            var slash = path.LastIndexOf('/');
            var (folder, name) = slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
            if (!_folders.TryGetValue(folder, out var entries))
            {
                _folders[folder] = entries = new(StringComparer.Ordinal);
            }
            if (!entries.TryAdd(name, entry with { Name = name }) || folder.Length == 0)
            {
                return; // its parents are known
            }
            (path, entry) = (folder, new(folder, true, 0));
        }
    }
}
