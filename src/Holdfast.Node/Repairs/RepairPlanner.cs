using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
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
    /// <summary>Whether a destination lacks the newest backup, could take it now, and another one has it.</summary>
    public bool IsNeeded(BackupTask task)
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

    /// <summary>Whether a destination was added to the task, and gets all existing backups.</summary>
    public bool CopiesAll(BackupTask task) =>
        task.Settings.ExistingBackups == ExistingBackups.All && task.Settings.Destinations.Any(d => IsNew(task, d));

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
        return [.. ordered.Take(1), .. ordered.Skip(1).Where(c => job.AllChains || HasLostCopies(c, task))];
    }

    /// <summary>
    /// Whether a chain is copied to a destination: not if its retention would delete it at once, and not if the task gives a destination
    /// that is added no existing backups.
    /// </summary>
    /// <param name="job">The repair.</param>
    /// <param name="task">Its task.</param>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="path">Path of the chain.</param>
    /// <param name="isNewest">Whether it is the newest chain, which retention keeps.</param>
    internal bool Takes(RepairJob job, BackupTask task, string destination, string path, bool isNewest)
    {
        var chain = catalog.Find(path);
        if (!isNewest && task.Settings.Retention is { } retention)
        {
            var newest = chain?.Entries[^1].Archive.Time ?? ChainName.TryParse(path[(path.LastIndexOf('/') + 1)..])!.Time;
            if (time.GetUtcNow() - newest > retention.For(destination).MinimumAge)
            {
                return chain?.Entries.Any(e => e.CopyAt(destination) is not null) == true;
            }
        }
        return job.AllChains || task.Settings.ExistingBackups != ExistingBackups.None || !IsNew(task, destination);
    }

    // Whether it was added to the task, and has not had any backup of the database by it.
    private bool IsNew(BackupTask task, string destination) =>
        !catalog.ChainsOf(task.Database).Any(c => c.Task == task.Id && c.Destinations.Contains(destination));

    private bool HasLostCopies(string path, BackupTask task) =>
        catalog.Find(path) is { } chain
        && chain.Entries.Any(e =>
            e.Copies.Any(c =>
                c is { State: not CopyState.Whole, IsAcknowledged: false } && task.Settings.Destinations.Contains(c.Destination)
            )
        );
}
