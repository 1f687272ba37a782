using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.State;

namespace Holdfast.Node.Destinations;

/// <summary>Which identity each destination must have on this node, and how it comes by it.</summary>
/// <param name="configs">The destinations.</param>
/// <param name="identities">Their identities, by <c>NAME/NODE</c>.</param>
/// <param name="driver">Reads and writes them.</param>
/// <param name="roots">Where local destinations may lie.</param>
/// <param name="node">Tag of this node.</param>
/// <param name="known">The databases that the state knows, those that were dropped too.</param>
internal sealed class DestinationIdentities(
    StateMirror<DestinationConfig> configs,
    StateMirror<ExpectedIdentity> identities,
    IDestinationDriver driver,
    AllowedRoots roots,
    string node,
    Func<IEnumerable<DatabaseId>> known
)
{
    /// <summary>The identity that a destination must have here; null where it has none yet.</summary>
    public string? IdentityOf(string name) => identities.Find(KeyOf(name))?.Value.Id;

    /// <summary>All identities on this node, by the names of their destinations.</summary>
    public IReadOnlyDictionary<string, string> All =>
        identities.Items.Where(i => IsOfThisNode(i.Key)).ToDictionary(i => NameOf(i.Key), i => i.Value.Id, StringComparer.Ordinal);

    /// <summary>Whether a key is that of this node.</summary>
    public bool IsOfThisNode(string key) => key == KeyOf(NameOf(key));

    /// <summary>
    /// Destinations that are the folder of another one, or lie in it: a copy at both is one copy. None can be defined
    /// so; only 0.1 allowed it. Looks at nothing
    /// but paths and identities, so it does not wait for a disk.
    /// </summary>
    public IReadOnlyList<(string Name, string Other)> FindOverlapping()
    {
        var all = configs.Items.Select(i => i.Value).Where(c => c.Path is not null).OrderBy(c => c.Name, StringComparer.Ordinal).ToList();
        var shared = new List<(string, string)>();
        foreach (var config in all)
        {
            var other = all.Find(o => o.Name != config.Name && IsOverlapping(config, o));
            if (other is not null)
            {
                shared.Add((config.Name, other.Name));
            }
        }

        return shared;
    }

    /// <summary>The change that stores one; null for none.</summary>
    public StateChange Change(string name, string? id) =>
        id is null ? identities.CreateRemoval(KeyOf(name)) : identities.CreateChange(KeyOf(name), new(id));

    /// <summary>The changes that remove those of a destination, of every node.</summary>
    public IEnumerable<StateChange> Removals(string name) =>
        identities.Items.Where(i => NameOf(i.Key) == name).Select(i => identities.CreateRemoval(i.Key));

    /// <summary>Stores one, and returns when <see cref="IdentityOf"/> tells it.</summary>
    public Task StoreAsync(string name, string id, CancellationToken cancellationToken) =>
        identities.PutAsync(KeyOf(name), new(id), null, cancellationToken);

    /// <summary>Returns when <see cref="IdentityOf"/> tells what the store held at a revision.</summary>
    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) =>
        identities.WaitForRevisionAsync(revision, cancellationToken);

    /// <summary>Makes a root, and gives it an identity or adopts the one that is there; refuses the root of another destination.</summary>
    /// <returns>
    /// The identity, not stored yet; or why it is refused: it is the root of another destination, lies in one, or one
    /// lies in it.
    /// </returns>
    public async Task<(string? Id, IReadOnlyList<ValidationError> Faults)> InitializeAsync(
        string name,
        string root,
        CancellationToken cancellationToken
    )
    {
        // Before anything is written.
        if (await FindOverlapsAsync(name, root, cancellationToken) is { Count: > 0 } faults)
        {
            return (null, faults);
        }
        var id = await driver.InitializeAsync(root, cancellationToken);
        return FindDuplicate(name, id) is { Count: > 0 } same ? (null, same) : (id, []);
    }

    /// <summary>
    /// Finds the identity of a destination that was defined before there were identities: that of its root, or a new
    /// one, if the root holds an
    /// archive of a database that the state knows. So a disk that is not mounted is not taken for the destination even then.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationIdentity"/> where the root holds none, or has the identity of a destination
    /// that lies elsewhere. Two names for one
    /// folder, which 0.1 allowed, go on: <see cref="FindOverlapping"/> tells of them.
    /// </exception>
    public async Task<string> AdoptAsync(string name, string root, CancellationToken cancellationToken)
    {
        var found = await driver.FindIdentityAsync(root, cancellationToken);
        if (found is null || !identities.Items.Any(i => NameOf(i.Key) == name && i.Value.Id == found))
        {
            if (!await ContainsKnownBackupsAsync(root, cancellationToken))
            {
                throw CreateNotInitializedException(name, root);
            }
            found ??= await driver.InitializeAsync(root, cancellationToken);
        }

        if (OthersWith(name, found).FirstOrDefault(o => o.Path is not null && Resolved(o.Path) != root) is { } other)
        {
            throw CreateUsedElsewhereException(name, root, other);
        }
        await StoreAsync(name, found, cancellationToken);
        return found;
    }

    private static HoldfastException CreateNotInitializedException(string name, string root) =>
        new(
            ErrorCatalogue.DestinationIdentity,
            $"Destination '{name}' has no identity on this node, and '{root}' holds no backup that this server knows.",
            "Mount the right disk there. If it is to be used as it is, initialize it: holdfast destination initialize "
                + $"{name}, or the button in Studio."
        );

    private static HoldfastException CreateUsedElsewhereException(string name, string root, DestinationConfig other) =>
        new(
            ErrorCatalogue.DestinationIdentity,
            $"'{root}' has the identity of destination '{other.Name}', which lies at '{other.Path}'.",
            $"Mount the right disk for '{name}'. If it is a copy that is to be a destination of its own, delete "
                + $"{DestinationIdentity.FileName} in it, and initialize it."
        );

    private static string NormalizePath(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static string NameOf(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];

    private static bool IsWithin(string path, string root) =>
        path == root || root == "/" || path.StartsWith(root + '/', StringComparison.Ordinal);

    // Of two names for one folder the later one is told of.
    private bool IsOverlapping(DestinationConfig config, DestinationConfig other)
    {
        var (path, root) = (NormalizePath(config.Path!), NormalizePath(other.Path!));
        var isSame = path == root || (IdentityOf(config.Name) is { } id && id == IdentityOf(other.Name));
        return isSame ? string.CompareOrdinal(config.Name, other.Name) > 0 : IsWithin(path, root);
    }

    private IEnumerable<DestinationConfig> OthersWith(string name, string id) =>
        configs.Items.Select(i => i.Value).Where(c => c.Name != name && IdentityOf(c.Name) == id);

    private string KeyOf(string name) => $"{name}/{node}";

    private async Task<bool> ContainsKnownBackupsAsync(string root, CancellationToken cancellationToken)
    {
        IDestination opened;
        try
        {
            opened = await driver.OpenAsync(root, null, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.DestinationFailed)
        {
            return false; // it is not there, which the caller tells
        }

        await using (opened)
        {
            var sources = await FoldersAsync(opened, "", cancellationToken);
            foreach (var source in known().GroupBy(d => FolderName.Encode(d.Source)).Where(s => sources.Contains(s.Key)))
            {
                var databases = await FoldersAsync(opened, source.Key, cancellationToken);
                foreach (var database in source.Where(d => databases.Contains(FolderName.Encode(d.Name))))
                {
                    await foreach (var chain in DatabaseFolder.Of(opened, database).ListChainsAsync(cancellationToken))
                    {
                        if (chain.Archives.Count > 0)
                        {
                            return true;
                        }
                    }
                }
            }

            return false;
        }
    }

    private static async Task<HashSet<string>> FoldersAsync(IDestination opened, string folder, CancellationToken cancellationToken)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in opened.ListAsync(folder, cancellationToken))
        {
            if (entry.IsFolder)
            {
                folders.Add(entry.Name);
            }
        }
        return folders;
    }

    // Roots that are one, or lie in each other: by their paths, and by the identities found there, for one disk can have several paths.
    private async Task<IReadOnlyList<ValidationError>> FindOverlapsAsync(string name, string root, CancellationToken cancellationToken)
    {
        foreach (var other in configs.Items.Select(i => i.Value).Where(o => o.Name != name && o.Path is not null))
        {
            if (Resolved(other.Path!) is { } path && (IsWithin(root, path) || IsWithin(path, root)))
            {
                return
                [
                    new(
                        "path",
                        root == path
                            ? $"'{root}' is the folder of destination '{other.Name}'."
                            : $"'{root}' and '{path}', the folder of destination '{other.Name}', lie in each other.",
                        "Give each destination a folder of its own."
                    ),
                ];
            }
        }

        for (var folder = root; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (await FindAsync(folder, cancellationToken) is { } id && FindDuplicate(name, id) is { Count: > 0 } faults)
            {
                return faults;
            }
        }

        return [];
    }

    private IReadOnlyList<ValidationError> FindDuplicate(string name, string id) =>
        identities.Items.FirstOrDefault(i => NameOf(i.Key) != name && i.Value.Id == id) is { } other
            ?
            [
                new(
                    "path",
                    $"This is destination '{NameOf(other.Key)}' already: the folder has its identity, {id}.",
                    "Mount the right disk. If it is a copy that is to be a destination of its own, delete "
                        + $"{DestinationIdentity.FileName} in it first."
                ),
            ]
            : [];

    private async Task<string?> FindAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await driver.FindIdentityAsync(folder, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.DestinationIdentity)
        {
            return null; // damaged: it says of no destination that this is it
        }
    }

    private string? Resolved(string path)
    {
        try
        {
            return roots.ResolveAllowed(path);
        }
        catch (HoldfastException)
        {
            return null; // no longer allowed: it cannot be used
        }
    }
}
