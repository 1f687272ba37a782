using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Coverage;

/// <summary>
/// Gathers what the node knows of a database, and has <see cref="DatabaseProtection"/> decide. Costs about a
/// microsecond a task, so it is done at each question.
/// </summary>
public sealed class ProtectionReader
{
    private readonly HoldfastNode _node;
    private readonly TimeProvider _time;

    internal ProtectionReader(HoldfastNode node, TimeProvider time) => (_node, _time) = (node, time);

    /// <summary>How well a database is protected now.</summary>
    /// <param name="record">The database.</param>
    /// <param name="templateId">Only by the task of this template; null for all its tasks.</param>
    public DatabaseProtection Of(DatabaseRecord record, string? templateId = null)
    {
        var tasks = _node.Tasks.Of(record.Id);
        var facts = new List<TaskFacts>(tasks.Count);
        foreach (var task in tasks)
        {
            if (templateId is null || task.TemplateId == templateId)
            {
                facts.Add(Facts(task));
            }
        }

        return DatabaseProtection.Evaluate(
            new(_time.GetUtcNow(), _node.Settings.Zone, record, facts, record.MissingSince)
            {
                HasSource = record.MissingSince is null || _node.FindSource(record.Id.Source) is not null,
            }
        );
    }

    /// <summary>How well one task protects its database now.</summary>
    public TaskProtection Of(BackupTask task) => TaskProtection.Evaluate(Facts(task), _time.GetUtcNow(), _node.Settings.Zone);

    /// <summary>What is known of a task now.</summary>
    public TaskFacts Facts(BackupTask task)
    {
        var isRunning = _node.Queue.Find(task.Id)?.Current.State == OperationState.Running;
        return new(
            task,
            _node.StatusOf(task.Id),
            _node.NextOf(task.Id)?.At,
            isRunning,
            _node.Catalog.KnownProblemsOf(task.Id, task.Database),
            _node.Destinations.Unavailable
        );
    }
}
