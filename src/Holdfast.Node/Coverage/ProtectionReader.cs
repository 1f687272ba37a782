using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Coverage;

/// <summary>
/// Collects the facts about a database and lets <see cref="DatabaseProtection"/> decide. Takes about a microsecond per task, so it
/// is done at each request.
/// </summary>
/// <param name="tasks">All tasks.</param>
/// <param name="facts">The facts of each task.</param>
/// <param name="sources">The sources of this node.</param>
/// <param name="settings">Default time zone of schedules.</param>
/// <param name="time">The clock.</param>
public sealed class ProtectionReader(
    TaskRegistry tasks,
    TaskFactsReader facts,
    SourceRegistry sources,
    NodeSettings settings,
    TimeProvider time
)
{
    /// <summary>The protection of a database now.</summary>
    /// <param name="record">The database.</param>
    /// <param name="templateId">The template whose task alone counts; null for all tasks.</param>
    public DatabaseProtection Of(DatabaseRecord record, string? templateId = null)
    {
        var ofDatabase = tasks.Of(record.Id);
        var known = new List<TaskFacts>(ofDatabase.Count);
        foreach (var task in ofDatabase)
        {
            if (templateId is null || task.TemplateId == templateId)
            {
                known.Add(facts.Read(task));
            }
        }

        return DatabaseProtection.Evaluate(
            new(time.GetUtcNow(), settings.Zone, record, known, record.MissingSince)
            {
                HasSource = record.MissingSince is null || sources.Find(record.Id.Source) is not null,
            }
        );
    }

    /// <summary>The protection of a database by one task now.</summary>
    public TaskProtection Of(BackupTask task) => TaskProtection.Evaluate(facts.Read(task), time.GetUtcNow(), settings.Zone);
}
