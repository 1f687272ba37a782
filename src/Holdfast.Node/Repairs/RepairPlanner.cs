using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Coverage;
using Holdfast.Node.Destinations.Uploads;

namespace Holdfast.Node.Repairs;

/// <summary>Decides whether the destinations of a task have to be repaired, and which chains are copied.</summary>
/// <param name="protection">Knows which destinations lack the newest backup.</param>
/// <param name="catalog">Knows which destinations have a part of a chain.</param>
/// <param name="availability">Knows which destinations wait for their upload windows.</param>
/// <param name="time">The clock.</param>
public sealed class RepairPlanner(ProtectionReader protection, ICatalog catalog, DestinationAvailability availability, TimeProvider time)
{
    /// <summary>
    /// Whether a destination lacks the newest backup, could take it now, and another one has it. Takes about a microsecond.
    /// </summary>
    public bool LacksNewest(BackupTask task)
    {
        if (task.Settings.Destinations.Count < 2 || task.Settings.Disabled)
        {
            return false;
        }
        var known = protection.Of(task);
        if (known.Facts.Status.LastSuccess is null)
        {
            return false;
        }
        var lacking = known.LackingDestinations.ToList();
        return lacking.Count < task.Settings.Destinations.Count
            && lacking.Exists(d =>
                !known.IsUnavailable(d)
                && availability.FindWait(d) is null
                && (task.Settings.ExistingBackups != ExistingBackups.None || !IsNew(task, d))
            );
    }

    /// <summary>
    /// Whether a destination lacks any archive that it should have and another one has, according to the catalog: an older chain can have
    /// gaps although the newest backup is everywhere. Reads the catalog.
    /// </summary>
    public bool HasGaps(BackupTask task)
    {
        if (task.Settings.Destinations.Count < 2 || task.Settings.Disabled)
        {
            return false;
        }
        var known = protection.Of(task);
        var chains = ChainsOf(task);
        return task.Settings.Destinations.Any(d =>
            !known.IsUnavailable(d)
            && availability.FindWait(d) is null
            && chains.Exists(c => IsExpectedAt(task, d, c, chains) && HasGap(task, d, c))
        );
    }

    /// <summary>
    /// Finds the chains to repair: the newest one first, because it is what protects the database; then all others, or those with archives
    /// that were lost or damaged. A destination that cannot be listed is reported.
    /// </summary>
    /// <param name="job">The repair.</param>
    /// <param name="task">Its task.</param>
    /// <param name="destinations">The opened destinations.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>Their paths.</returns>
    internal async Task<IReadOnlyList<string>> FindChainsAsync(
        RepairJob job,
        BackupTask task,
        IReadOnlyList<RepairedDestination> destinations,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var chains = new HashSet<string>(StringComparer.Ordinal);
        foreach (var destination in destinations)
        {
            try
            {
                await foreach (var chain in DatabaseFolder.Of(destination.Destination, job.Database).ListChainsAsync(cancellationToken))
                {
                    if (chain.Name.Task == job.TaskId && chain.Archives.Count > 0 && !chain.HasFutureName(now))
                    {
                        chains.Add(chain.Path);
                    }
                }
            }
            catch (HoldfastException e)
            {
                destination.Fail(e);
            }
        }
        var ordered = chains.OrderDescending(StringComparer.Ordinal).ToList();
        var known = ChainsOf(task);
        return
        [
            .. ordered.Take(1),
            .. ordered
                .Skip(1)
                .Where(path =>
                    job.AllChains
                    || (
                        known.Find(c => c.Path == path) is { } chain
                        && task.Settings.Destinations.Any(d => IsExpectedAt(task, d, chain, known) && HasGap(task, d, chain))
                    )
                ),
        ];
    }

    /// <summary>Whether a chain is copied to a destination.</summary>
    /// <param name="job">The repair.</param>
    /// <param name="task">Its task.</param>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="path">Path of the chain.</param>
    /// <param name="isNewest">Whether it is the newest chain, which retention keeps.</param>
    internal bool Takes(RepairJob job, BackupTask task, string destination, string path, bool isNewest)
    {
        if (catalog.Find(path) is not { } chain)
        {
            return job.AllChains || isNewest;
        }
        return job.AllChains ? isNewest || !IsExpired(task, destination, chain) : IsExpectedAt(task, destination, chain, ChainsOf(task));
    }

    private List<CatalogChain> ChainsOf(BackupTask task) => [.. catalog.ChainsOf(task.Database).Where(c => c.Task == task.Id)];

    // Retention decides first. A destination that was added to the task gets the newest chain, all, or none; from its first backup on it
    // gets everything.
    private bool IsExpectedAt(BackupTask task, string destination, CatalogChain chain, List<CatalogChain> all)
    {
        var isNewest = chain.Path == all[^1].Path;
        if (!isNewest && IsExpired(task, destination, chain))
        {
            return false;
        }
        if (task.Settings.ExistingBackups == ExistingBackups.All || (isNewest && task.Settings.ExistingBackups == ExistingBackups.Newest))
        {
            return true;
        }
        var first = all.Find(c => c.Destinations.Contains(destination));
        return first is not null && string.CompareOrdinal(chain.Path, first.Path) >= 0;
    }

    private bool IsExpired(BackupTask task, string destination, CatalogChain chain) =>
        task.Settings.Retention is { } retention
        && time.GetUtcNow() - chain.Entries[^1].Archive.Time > retention.For(destination).MinimumAge;

    // An operator has given up what is acknowledged.
    private static bool HasGap(BackupTask task, string destination, CatalogChain chain) =>
        chain.Entries.Any(e =>
            e.Archive.IsRecorded
            && e.CopyAt(destination) is null or { State: not CopyState.Whole, IsAcknowledged: false }
            && e.Copies.Any(c => c.Destination != destination && c.IsRestorable && task.Settings.Destinations.Contains(c.Destination))
        );

    // Whether it was added to the task, and has not had any backup of the database by it.
    private bool IsNew(BackupTask task, string destination) => !ChainsOf(task).Exists(c => c.Destinations.Contains(destination));
}
