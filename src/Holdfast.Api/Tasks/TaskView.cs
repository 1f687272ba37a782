using Holdfast.Core.Protection;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Api.Tasks;

/// <summary>A task of a database as the API shows it, whether derived or regular.</summary>
public sealed record TaskView
{
    /// <summary>Id of the task.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the task. The names of derived tasks begin with <c>Server Wide Backup</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Id of its database.</summary>
    public required string Database { get; init; }

    /// <summary>Whether it is derived from a server-wide backup task and can only be edited there.</summary>
    public required bool ServerWide { get; init; }

    /// <summary>The requested type.</summary>
    public required BackupType Type { get; init; }

    /// <summary>The type of the backups that are made.</summary>
    public required BackupType EffectiveType { get; init; }

    /// <summary>Why the effective type differs from the requested one; null if it does not.</summary>
    public string? EffectiveTypeReason { get; init; }

    /// <summary>How its archives are encrypted.</summary>
    public required TaskEncryptionView Encryption { get; init; }

    /// <summary>The definition, without its key.</summary>
    public required TaskDefinition Definition { get; init; }

    /// <summary>Tag of the node that runs it.</summary>
    public required string ResponsibleNode { get; init; }

    /// <summary>When the last successful full backup began; null for never.</summary>
    public DateTimeOffset? LastFullBackup { get; init; }

    /// <summary>When the last successful incremental backup began; null for never.</summary>
    public DateTimeOffset? LastIncrementalBackup { get; init; }

    /// <summary>When the next backup is due; null for never.</summary>
    public NextBackup? NextBackup { get; init; }

    /// <summary>Status of the task.</summary>
    public required TaskStatus Status { get; init; }

    /// <summary>The state of the database if only this task is considered, whether it is running or not.</summary>
    public ProtectionState State { get; init; }

    /// <summary>Why it is in this state, as text for people.</summary>
    public string Reason { get; set; } = "";

    /// <summary>
    /// When its newest backup began, ignoring backups known to be damaged; or the later run that found nothing changed.
    /// Null if there is none.
    /// </summary>
    public DateTimeOffset? LastGoodBackup { get; init; }

    /// <summary>Id of the queued or running operation; null if there is none.</summary>
    public string? RunningOperation { get; init; }
}
