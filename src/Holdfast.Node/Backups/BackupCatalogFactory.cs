using Holdfast.Destinations;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>Creates what a backup needs of the catalog.</summary>
/// <param name="catalog">The catalog.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="time">The clock.</param>
/// <param name="indexes">Keeps indexes of remote destinations on this node; null if none are kept.</param>
public sealed class BackupCatalogFactory(
    ICatalog catalog,
    WriteBehindState<TaskStatus> statuses,
    TimeProvider time,
    IndexCache? indexes = null
)
{
    /// <summary>Creates it for one backup.</summary>
    /// <param name="job">The backup.</param>
    /// <param name="opened">Its destinations, in order.</param>
    public BackupCatalog Create(BackupJob job, IReadOnlyList<(string Name, IDestination Opened)> opened) =>
        new(catalog, [.. opened.Select(d => new CopyLocation(d.Name, d.Opened.Identity))], time) { Head = HeadOf(job), Indexes = indexes };

    // Where it was stored, restricted to the current destinations of the task.
    private RecordedHead? HeadOf(BackupJob job) => job.Task is { } task ? RecordedHead.Of(task, statuses.Of(task.Id)) : null;
}
