using Holdfast.Api.Backups;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;

namespace Holdfast.Server.Endpoints.Backups;

/// <summary>Creates the views of chains.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="catalog">The catalog.</param>
/// <param name="verifications">The results of verifications.</param>
/// <param name="expiry">Which chains are being deleted.</param>
/// <param name="clock">The trusted clock.</param>
internal sealed class ChainViewFactory(
    TaskRegistry tasks,
    ICatalog catalog,
    ChainVerificationHistory verifications,
    ChainExpiry expiry,
    TrustedClockMonitor clock
)
{
    /// <summary>Creates the view of a chain.</summary>
    public ChainView Create(BackupLocation place, StoredChain chain)
    {
        var from = place.ReferenceTo(chain.Path);
        var folder = from[(from.LastIndexOf('/') + 1)..];
        var named = ChainName.TryParse(folder) is not null;
        var archives = place.Resolved.Archive is { } only ? [only] : chain.Archives;
        return new()
        {
            From = from,
            Destination = place.Destination,
            Database = place.DatabaseOf(chain),
            Folder = folder,
            Time = named ? chain.Name.Time : null,
            Node = named ? chain.Name.Node : null,
            Type = named ? chain.Name.Type : null,
            Task = chain.Name.Task,
            TaskName = chain.Name.Task is { } task ? tasks.Find(task)?.Name : null,
            HasFull = chain.HasFull,
            Expiring = place.Destination is { } at && expiry.IsExpiring(at, place.PathOf(chain), chain.NewestTime),
            Check = place.Destination is { } destination ? verifications.Find(destination, place.PathOf(chain)) : null,
            Archives =
            [
                .. archives.Select(a => new ArchiveView(
                    place.ReferenceTo(a.Path),
                    a.Name.ToString(),
                    a.Name.Time,
                    a.Name.FileType.ToString(),
                    a.Length,
                    a.Name.IsEncrypted
                )),
            ],
        };
    }

    /// <summary>
    /// Creates the views of the chains of a location, newest first. If the time in a name is ahead of the clock, the
    /// chain is sorted by the time that the catalog recorded for its start, or last if there is none.
    /// </summary>
    public IEnumerable<StoredChain> SortNewestFirst(BackupLocation place)
    {
        var latest = clock.LatestPossibleTime;
        if (!place.Resolved.Chains.Any(c => c.HasFutureName(latest)))
        {
            return place.Resolved.Chains;
        }
        return place
            .Resolved.Chains.GroupBy(place.FolderOf, StringComparer.Ordinal)
            .SelectMany(g => g.OrderByDescending(c => c.HasFutureName(latest) ? GetStart(c) : c.NewestTime));

        DateTimeOffset GetStart(StoredChain chain) =>
            catalog.Find(place.PathOf(chain))?.Entries.Select(e => e.Archive.Started).Max() ?? DateTimeOffset.MinValue;
    }
}
