using Holdfast.Core.Databases;
using Holdfast.Node.Discovery;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>The databases in the state and their newest archives, independently of the catalog.</summary>
/// <param name="records">The stored records of all databases.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="expiry">Which chains are being deleted as intended.</param>
public sealed class RecordedDatabases(
    DatabaseRecords records,
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    ChainExpiry expiry
)
{
    /// <summary>Which chains are being deleted as intended, so that what is missing of them is not lost.</summary>
    public ChainExpiry Expiry => expiry;

    /// <summary>All databases, including dropped ones.</summary>
    public IReadOnlyCollection<DatabaseId> All => [.. records.Items.Select(d => d.Value.Id)];

    /// <summary>Whether repairs look after a chain: it is that of a task with several destinations.</summary>
    public bool IsRepaired(CatalogChain chain) =>
        chain.Task is { } id && tasks.Find(id) is { Settings: { Disabled: false, Destinations.Count: > 1 } };

    /// <summary>The newest archive of each task of a database.</summary>
    public IEnumerable<RecordedHead> HeadsOf(DatabaseId database) =>
        tasks.Of(database).Select(t => RecordedHead.Of(t, statuses.Of(t.Id))).OfType<RecordedHead>();
}
