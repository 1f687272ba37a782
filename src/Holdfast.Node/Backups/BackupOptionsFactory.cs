using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Scheduling;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>Creates the options of a backup from its job.</summary>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="clock">The trusted clock.</param>
/// <param name="settings">Tag and key of the node, and the maximum age of a chain.</param>
/// <param name="time">The clock.</param>
public sealed class BackupOptionsFactory(
    WriteBehindState<TaskStatus> statuses,
    TrustedClockMonitor clock,
    NodeSettings settings,
    TimeProvider time
)
{
    /// <summary>Creates the options of a job.</summary>
    public BackupOptions Create(BackupJob job) =>
        new()
        {
            Type = job.Settings.Type,
            Kind = job.Kind,
            Encryption =
                job.Settings.Encryption.Mode == EncryptionMode.None
                    ? null
                    : AgeProtection.ToRecipients([.. job.Settings.Encryption.Recipients.Select(AgeRecipient.Parse)]),
            EncryptSnapshots = job.Settings.Encryption.EncryptSnapshots,
            CompareInFull = job.Task is { } task && ComparisonSchedule.IsDue(task, statuses.Of(task.Id), time.GetUtcNow()),
            Node = settings.Tag,
            NodeKey = settings.Key,
            Task = job.Task?.Id,
            LatestPossibleTime = clock.LatestPossibleTime,
            MaxChainAge = settings.MaxChainAge,
        };
}
