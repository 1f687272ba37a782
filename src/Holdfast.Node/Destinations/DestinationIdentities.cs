using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Discovery;
using Holdfast.State;

namespace Holdfast.Node.Destinations;

/// <summary>The identity that each destination must have on this node, and how it is assigned.</summary>
/// <param name="configs">The destinations.</param>
/// <param name="identities">Their identities, by <c>NAME/NODE</c>.</param>
/// <param name="roots">Creates the roots of destinations.</param>
/// <param name="node">Tag of this node.</param>
/// <param name="databases">The stored records of all databases, including dropped ones.</param>
internal sealed class DestinationIdentities(
    StateMirror<DestinationConfig> configs,
    StateMirror<ExpectedIdentity> identities,
    DestinationRoots roots,
    string node,
    DatabaseRecords databases
)
{
    /// <summary>The identity that a destination must have here; null if it has none yet.</summary>
    public string? IdentityOf(string name) => identities.Find(KeyOf(name))?.Value.Id;

    /// <summary>All identities on this node, by the names of their destinations.</summary>
    public IReadOnlyDictionary<string, string> All =>
        identities.Items.Where(i => IsOfThisNode(i.Key)).ToDictionary(i => NameOf(i.Key), i => i.Value.Id, StringComparer.Ordinal);

    /// <summary>Whether a key is that of this node.</summary>
    public bool IsOfThisNode(string key) => key == KeyOf(NameOf(key));

    /// <summary>
    /// Destinations whose folder is that of another one, or lies inside it: copies at both are one copy. No such destination can be
    /// defined; version 0.1 allowed it. Compares only paths and identities, so it never waits for a disk.
    /// </summary>
    public IReadOnlyList<(string Name, string Other)> FindOverlapping()
    {
        var all = configs
            .Items.Select(i => (i.Value.Name, Root: roots.Find(i.Value)))
            .Where(c => c.Root is not null)
            .OrderBy(c => c.Name, StringComparer.Ordinal)
            .ToList();
        var shared = new List<(string, string)>();
        foreach (var (name, root) in all)
        {
            var other = all.Find(o => o.Name != name && IsOverlapping(name, root!, o.Name, o.Root!)).Name;
            if (other is not null)
            {
                shared.Add((name, other));
            }
        }

        return shared;
    }

    /// <summary>The change that stores an identity; null if there is none.</summary>
    public StateChange Change(string name, string? id) =>
        id is null ? identities.CreateRemoval(KeyOf(name)) : identities.CreateChange(KeyOf(name), new(id));

    /// <summary>The changes that remove the identities of a destination on every node.</summary>
    public IEnumerable<StateChange> Removals(string name) =>
        identities.Items.Where(i => NameOf(i.Key) == name).Select(i => identities.CreateRemoval(i.Key));

    /// <summary>Stores an identity, and returns when <see cref="IdentityOf"/> returns it.</summary>
    public Task StoreAsync(string name, string id, CancellationToken cancellationToken) =>
        identities.PutAsync(KeyOf(name), new(id), null, cancellationToken);

    /// <summary>Returns when <see cref="IdentityOf"/> reflects a revision of the store.</summary>
    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) =>
        identities.WaitForRevisionAsync(revision, cancellationToken);

    /// <summary>
    /// Creates a root and gives it an identity, or adopts the existing one; refuses the root of another destination.
    /// </summary>
    /// <returns>
    /// The identity, not stored yet; or why the root is refused: it is the root of another destination, inside one, or contains
    /// one.
    /// </returns>
    public async Task<(string? Id, IReadOnlyList<ValidationError> Errors)> InitializeAsync(
        string name,
        IDestinationRoot root,
        CancellationToken cancellationToken
    )
    {
        // Checked before anything is written.
        if (await FindOverlapsAsync(name, root, cancellationToken) is { Count: > 0 } errors)
        {
            return (null, errors);
        }
        var id = await root.InitializeAsync(cancellationToken);
        return FindDuplicate(name, id, root) is { Count: > 0 } same ? (null, same) : (id, []);
    }

    /// <summary>
    /// Assigns an identity to a destination that was defined before identities existed: that of its root, or a new one, if the root
    /// has an archive of a known database. So an unmounted disk is detected even then.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if the root has no such archive, or has
    /// the identity of a destination at another path. Two names for one folder, which version 0.1 allowed, keep working: <see
    /// cref="FindOverlapping"/> reports them.</exception>
    public async Task<string> AdoptAsync(string name, IDestinationRoot root, CancellationToken cancellationToken)
    {
        var found = await root.FindIdentityAsync(cancellationToken);
        if (found is null || !identities.Items.Any(i => NameOf(i.Key) == name && i.Value.Id == found))
        {
            if (!await ContainsKnownBackupsAsync(root, cancellationToken))
            {
                throw CreateNotInitializedException(name, root);
            }
            found ??= await root.InitializeAsync(cancellationToken);
        }

        foreach (var other in OthersWith(name, found))
        {
            if (
                roots.Find(other) is { } elsewhere
                && !(await TryResolveAsync(elsewhere, cancellationToken) is { } resolved && IsSame(resolved, root))
            )
            {
                throw CreateUsedElsewhereException(name, root, other.Name, elsewhere);
            }
        }
        await StoreAsync(name, found, cancellationToken);
        return found;
    }

    private static HoldfastException CreateNotInitializedException(string name, IDestinationRoot root) =>
        new(
            ErrorCatalog.DestinationIdentity,
            $"Destination '{name}' has no identity on this node, and '{root.Name}' has no backup that this server knows.",
            "Mount the right disk there. To use it as it is, initialize it: holdfast destination initialize "
                + $"{name}, or the button in Studio."
        );

    private static HoldfastException CreateUsedElsewhereException(
        string name,
        IDestinationRoot root,
        string other,
        IDestinationRoot elsewhere
    ) =>
        new(
            ErrorCatalog.DestinationIdentity,
            $"'{root.Name}' has the identity of destination '{other}', which lies at '{elsewhere.Name}'.",
            $"Mount the right disk for '{name}'. To use a copy as a destination of its own, delete "
                + $"{DestinationIdentity.FileName} in it, and initialize it."
        );

    private static string NameOf(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];

    private static bool IsSame(IDestinationRoot root, IDestinationRoot other) => root.Contains(other) && other.Contains(root);

    // Of two names for one root, the later one is reported.
    private bool IsOverlapping(string name, IDestinationRoot root, string otherName, IDestinationRoot other)
    {
        var isSame = IsSame(root, other) || (IdentityOf(name) is { } id && id == IdentityOf(otherName));
        return isSame ? string.CompareOrdinal(name, otherName) > 0 : other.Contains(root);
    }

    private IEnumerable<DestinationConfig> OthersWith(string name, string id) =>
        configs.Items.Select(i => i.Value).Where(c => c.Name != name && IdentityOf(c.Name) == id);

    private string KeyOf(string name) => $"{name}/{node}";

    private async Task<bool> ContainsKnownBackupsAsync(IDestinationRoot root, CancellationToken cancellationToken)
    {
        IDestination opened;
        try
        {
            opened = await root.OpenAsync(null, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationFailed)
        {
            return false; // it does not exist, which the caller reports
        }

        await using (opened)
        {
            var sources = await FoldersAsync(opened, "", cancellationToken);
            foreach (
                var source in databases
                    .Items.Select(d => d.Value.Id)
                    .GroupBy(d => FolderName.Encode(d.Source))
                    .Where(s => sources.Contains(s.Key))
            )
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

    // Roots that are equal or nested: by their paths, and by the identities found there, because one disk can have several paths.
    private async Task<IReadOnlyList<ValidationError>> FindOverlapsAsync(
        string name,
        IDestinationRoot root,
        CancellationToken cancellationToken
    )
    {
        foreach (var other in configs.Items.Select(i => i.Value).Where(o => o.Name != name))
        {
            // A destination that is no longer allowed cannot be used.
            if (roots.Find(other) is { } defined && await TryResolveAsync(defined, cancellationToken) is { } resolved)
            {
                if (FindOverlap(root, other.Name, resolved) is { } overlap)
                {
                    return [overlap];
                }
            }
        }

        if (await FindAsync(root, cancellationToken) is { } own && FindDuplicate(name, own, root) is { Count: > 0 } duplicates)
        {
            return duplicates;
        }
        foreach (var enclosing in root.Enclosing)
        {
            if (await FindIfAllowedAsync(enclosing, cancellationToken) is { } id && FindDuplicate(name, id, root) is { Count: > 0 } errors)
            {
                return errors;
            }
        }

        return [];
    }

    private static ValidationError? FindOverlap(IDestinationRoot root, string otherName, IDestinationRoot other)
    {
        if (!root.Contains(other) && !other.Contains(root))
        {
            return null;
        }
        return new(
            root.LocationKey,
            IsSame(root, other)
                ? $"'{root.Name}' is the folder of destination '{otherName}'."
                : $"'{root.Name}' and '{other.Name}', the folder of destination '{otherName}', are nested.",
            "Use a separate folder for each destination."
        );
    }

    private IReadOnlyList<ValidationError> FindDuplicate(string name, string id, IDestinationRoot root) =>
        identities.Items.FirstOrDefault(i => NameOf(i.Key) != name && i.Value.Id == id) is { } other
            ?
            [
                new(
                    root.LocationKey,
                    $"The folder has the identity of destination '{NameOf(other.Key)}', {id}.",
                    "Mount the right disk. To use a copy as a destination of its own, delete "
                        + $"{DestinationIdentity.FileName} in it first."
                ),
            ]
            : [];

    private static async Task<string?> FindAsync(IDestinationRoot root, CancellationToken cancellationToken)
    {
        try
        {
            return await root.FindIdentityAsync(cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationIdentity)
        {
            return null; // damaged: it does not say which destination this is
        }
    }

    // Credentials with the least rights may read nothing outside of their own prefix.
    private static async Task<string?> FindIfAllowedAsync(IDestinationRoot root, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(root, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationDenied)
        {
            return null;
        }
    }

    private static async Task<IDestinationRoot?> TryResolveAsync(IDestinationRoot root, CancellationToken cancellationToken)
    {
        try
        {
            return await root.ResolveAsync(cancellationToken);
        }
        catch (HoldfastException)
        {
            return null; // no longer allowed
        }
    }
}
