using Holdfast.Api.Tasks;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Coverage;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Secrets;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Creates the views of tasks.</summary>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="definitions">Reads the definitions of tasks.</param>
/// <param name="previews">Previews tasks.</param>
/// <param name="protection">How well each task protects its database.</param>
/// <param name="scheduler">When each task is due next.</param>
/// <param name="queue">The operations that are queued and running.</param>
/// <param name="settings">Tag of the node.</param>
internal sealed class TaskViewFactory(
    DatabaseRecords databases,
    TaskDefinitionReader definitions,
    PreviewFactory previews,
    ProtectionReader protection,
    BackupScheduler scheduler,
    OperationQueue queue,
    NodeSettings settings
)
{
    /// <summary>Creates the view of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="patterns">The databases whose keys are known: <see cref="DatabaseKeys.PatternsAsync"/>.</param>
    public TaskView Create(BackupTask task, IReadOnlyList<string> patterns)
    {
        var record = databases.Find(task.Database.ToString())!;
        var made = previews.Create(task, record, patterns);
        var known = protection.Of(task);
        var status = known.Facts.Status;
        return new()
        {
            Id = task.Id,
            Name = task.Name,
            Database = task.Database.ToString(),
            ServerWide = task.IsServerWide,
            Type = task.Settings.Type,
            EffectiveType = made.Type ?? task.Settings.Type,
            EffectiveTypeReason = made.TypeReason,
            Encryption = new(made.Encryption!.Mode, made.Encryption.Reason),
            Definition = definitions.Read(task),
            ResponsibleNode = settings.Tag,
            LastFullBackup = status.LastFullBackup,
            LastIncrementalBackup = status.LastIncrementalBackup,
            NextBackup = scheduler.NextOf(task.Id),
            Status = status,
            State = known.State,
            Reason = known.Reason,
            LastGoodBackup = known.LastGoodBackup,
            RunningOperation = queue.Find(task.Id)?.Id,
        };
    }
}
