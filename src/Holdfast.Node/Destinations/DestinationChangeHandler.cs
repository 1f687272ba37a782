using Holdfast.Node.Catalog;
using Holdfast.Node.Tasks;
using Holdfast.State;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Reacts to changes of the definitions and identities of destinations: if one gets another root, its backups no longer count.
/// </summary>
/// <param name="configs">The definitions.</param>
/// <param name="identities">The identities, by <c>NAME/NODE</c>.</param>
/// <param name="destinations">Knows which identities belong to this node.</param>
/// <param name="catalog">Keeps the records of each destination by its identity.</param>
/// <param name="lost">Records the loss with the tasks.</param>
public sealed class DestinationChangeHandler(
    StateMirror<DestinationConfig> configs,
    StateMirror<ExpectedIdentity> identities,
    DestinationRegistry destinations,
    ICatalog catalog,
    LostBackupRecorder lost
)
{
    /// <summary>Starts to react. Call it after the state has been read.</summary>
    public void Start()
    {
        configs.Changed += (name, before, after) =>
        {
            if (before is not null && !destinations.HasSameRoot(before, after))
            {
                lost.RecordForAll(name);
            }
        };
        identities.Changed += (key, before, after) =>
        {
            var name = key[..key.IndexOf('/', StringComparison.Ordinal)];
            if (destinations.IsOfThisNode(key))
            {
                catalog.SetDestinationIdentity(name, after?.Id);
            }
            if (before is not null && before != after)
            {
                lost.RecordForAll(name);
            }
        };
        catalog.SetDestinationIdentities(destinations.Identities); // an edit may have been stored just before a crash
    }
}
