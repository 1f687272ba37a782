using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Previews what templates and tasks do, from the databases that are known now.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="sources">The sources of the node.</param>
internal sealed class PreviewFactory(
    DatabaseRecords databases,
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    SourceRegistry sources
)
{
    /// <summary>The preview of a template, database by database.</summary>
    /// <param name="template">The template.</param>
    /// <param name="patterns">The databases whose keys are known: <see cref="DatabaseKeys.PatternsAsync"/>.</param>
    public TaskPreview Create(Template template, IReadOnlyList<string> patterns) =>
        TaskPreview.Create(
            template,
            databases
                .Items.Select(r => r.Value)
                .OrderBy(r => r.Id.ToString(), StringComparer.Ordinal)
                .Select(r => (r, DatabaseKeys.Match(r.Id, patterns) is not null)),
            CanSnapshot,
            FindSnapshotFallbackReasons()
        );

    /// <summary>The preview of one task, which follows the same rules as that of a template.</summary>
    /// <param name="task">The task.</param>
    /// <param name="record">Its database.</param>
    /// <param name="patterns">The databases whose keys are known: <see cref="DatabaseKeys.PatternsAsync"/>.</param>
    public PreviewedDatabase Create(BackupTask task, DatabaseRecord record, IReadOnlyList<string> patterns)
    {
        var template = new Template
        {
            Id = task.Id,
            Name = task.Name,
            Settings = task.Settings,
            ScheduledSince = task.ScheduledSince,
        };
        return TaskPreview
            .Create(
                template,
                [(record with { Dropped = null }, DatabaseKeys.Match(record.Id, patterns) is not null)],
                CanSnapshot,
                FindSnapshotFallbackReasons()
            )
            .Databases[0];
    }

    // Derived from the results of their tasks, because there are few such databases. A key may have become known since, so
    // the keys themselves are checked too.
    private Func<DatabaseId, string?> FindSnapshotFallbackReasons()
    {
        var known = new Lazy<Dictionary<DatabaseId, string>>(() =>
            statuses
                .Items.Where(s => s.Value is { EffectiveType: BackupType.Snapshot, TypeReason: not null })
                .Select(s => (Task: tasks.Find(s.Key), s.Value.TypeReason))
                .Where(s =>
                    s.Task is { Settings.Type: BackupType.Backup } task && databases.Find(task.Database.ToString()) is { Encryption: "No" }
                )
                .DistinctBy(s => s.Task!.Database)
                .ToDictionary(s => s.Task!.Database, s => s.TypeReason!)
        );
        return database => known.Value.GetValueOrDefault(database);
    }

    private bool CanSnapshot(string engine) =>
        sources.Items.Select(s => s.Attached).FirstOrDefault(s => s.Engine == engine) is AttachedSource { CanSnapshot: true };
}
