using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.Node.Tasks;

namespace Holdfast.Node.Coverage;

/// <summary>
/// Gathers what the node knows of a database, and has <see cref="DatabaseProtection"/> decide. Costs about a
/// microsecond a task, so it is done at each question.
/// </summary>
/// <param name="tasks">All tasks.</param>
/// <param name="facts">What is known of each task.</param>
/// <param name="sources">The sources of this node.</param>
/// <param name="settings">The time zone of schedules that name none.</param>
/// <param name="time">The clock.</param>
public sealed class ProtectionReader(
    TaskRegistry tasks,
    TaskFactsReader facts,
    SourceRegistry sources,
    NodeSettings settings,
    TimeProvider time
)
{
    /// <summary>How well a database is protected now.</summary>
    /// <param name="record">The database.</param>
    /// <param name="templateId">Only by the task of this template; null for all its tasks.</param>
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

    /// <summary>How well one task protects its database now.</summary>
    public TaskProtection Of(BackupTask task) => TaskProtection.Evaluate(facts.Read(task), time.GetUtcNow(), settings.Zone);
}
