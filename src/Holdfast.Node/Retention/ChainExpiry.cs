using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog;
using Holdfast.Node.Destinations;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Retention;

/// <summary>
/// Whether what is missing of a chain at a destination was deleted as intended: by retention, whose deletion has begun there, or by the
/// bucket to which retention is left, after the minimum age of its task. Anything else that is missing is a loss, and so is the newest
/// chain of a task, which retention always keeps.
/// </summary>
/// <param name="expiring">The deletions that have begun.</param>
/// <param name="tasks">The tasks with their ages.</param>
/// <param name="destinations">Which destinations retention is left to.</param>
/// <param name="catalog">Which chain of a task is the newest.</param>
/// <param name="clock">The trusted clock: one that is set forward must not let a loss look intended.</param>
/// <param name="time">The wall clock.</param>
public sealed class ChainExpiry(
    ExpiringChains expiring,
    TaskRegistry tasks,
    DestinationRegistry destinations,
    ICatalog catalog,
    TrustedClockMonitor clock,
    TimeProvider time
)
{
    /// <summary>Whether a chain is expiring at a destination.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of the chain's folder there.</param>
    /// <param name="newest">Time of its newest archive, also of one that is missing now.</param>
    public bool IsExpiring(string destination, string chain, DateTimeOffset newest) =>
        expiring.Contains(destination, chain)
        || (
            !destinations.PolicyOf(destination).Deletes && FindAge(destination, chain) is { } age && Now - newest > age && !IsNewest(chain)
        );

    /// <summary>Whether retention has begun to delete a chain at a destination.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of the chain's folder there.</param>
    public bool HasBegun(string destination, string chain) => expiring.Contains(destination, chain);

    /// <summary>
    /// Makes the catalog forget the chains of which something is missing at a destination because they are expiring there, so that nothing
    /// of them is reported or repaired. Call it after a listing was recorded.
    /// </summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="database">The database.</param>
    /// <exception cref="HoldfastException">The catalog cannot be read or written.</exception>
    public async Task ForgetMissingAsync(string destination, DatabaseId database)
    {
        var listed = catalog.ChainsOf(database).Where(c => c.Entries.Any(e => e.CopyAt(destination) is not null));
        foreach (var chain in listed.Where(c => IsOver(destination, c)).ToList())
        {
            await catalog.ForgetAsync(destination, chain.Path);
        }
    }

    private bool IsOver(string destination, CatalogChain chain) =>
        HasBegun(destination, chain.Path)
        || (
            IsMissingPartly(chain, destination)
            && IsExpiring(destination, chain.Path, chain.Entries.Max(e => ArchiveName.TryParse(e.Archive.Name)?.Time) ?? Now)
        );

    private static bool IsMissingPartly(CatalogChain chain, string destination) =>
        chain.Entries.Any(e => e.CopyAt(destination) is { State: CopyState.Missing });

    private DateTimeOffset Now => clock.Current.Time is var trusted && trusted < time.GetUtcNow() ? trusted : time.GetUtcNow();

    private bool IsNewest(string chain) => catalog.Find(chain) is { } known && catalog.NewestOf(known.Database, known.Task)?.Path == chain;

    // Null for ever, and for a task that no longer exists: nobody has said then how long its backups may stay.
    private TimeSpan? FindAge(string destination, string chain) =>
        ChainName.TryParse(chain[(chain.LastIndexOf('/') + 1)..])?.Task is { } task
            ? tasks.Find(task)?.Settings.Retention?.For(destination).MinimumAge
            : null;
}
