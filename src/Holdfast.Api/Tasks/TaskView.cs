using Holdfast.Core.Protection;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Api.Tasks;

/// <summary>A task of a database as the API shows it, derived and regular alike.</summary>
public sealed record TaskView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its name; a derived one's begins with <c>Server Wide Backup</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Id of its database.</summary>
    public required string Database { get; init; }

    /// <summary>Whether it comes from a server-wide backup task, where it is edited.</summary>
    public required bool ServerWide { get; init; }

    /// <summary>The type asked for.</summary>
    public required BackupType Type { get; init; }

    /// <summary>The type that is made.</summary>
    public required BackupType EffectiveType { get; init; }

    /// <summary>Why that is another one; null where it is not.</summary>
    public string? EffectiveTypeReason { get; init; }

    /// <summary>What its archives are encrypted with.</summary>
    public required TaskEncryptionView Encryption { get; init; }

    /// <summary>What was defined; without its key.</summary>
    public required TaskDefinition Definition { get; init; }

    /// <summary>Tag of the node that runs it.</summary>
    public required string ResponsibleNode { get; init; }

    /// <summary>When the last full backup that succeeded began; null for never.</summary>
    public DateTimeOffset? LastFullBackup { get; init; }

    /// <summary>When the last incremental that succeeded began; null for never.</summary>
    public DateTimeOffset? LastIncrementalBackup { get; init; }

    /// <summary>When it is due next; null for never.</summary>
    public NextBackup? NextBackup { get; init; }

    /// <summary>What has become of it.</summary>
    public required TaskStatus Status { get; init; }

    /// <summary>The state that this task alone gives its database, whether it runs or not.</summary>
    public ProtectionState State { get; init; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; set; } = "";

    /// <summary>
    /// When its newest backup began that is not known to be bad, or the run after it that found nothing changed; null
    /// for none.
    /// </summary>
    public DateTimeOffset? LastGoodBackup { get; init; }

    /// <summary>The operation that waits or runs now; null for none.</summary>
    public string? RunningOperation { get; init; }
}
