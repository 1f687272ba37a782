using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Api.Databases;

/// <summary>A database as the API shows it.</summary>
public sealed record DatabaseView
{
    /// <summary>Id of the database, <c>source/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Name of its source.</summary>
    public required string Source { get; init; }

    /// <summary>Name within its source.</summary>
    public required string Name { get; init; }

    /// <summary>Engine of its source.</summary>
    public required string Engine { get; init; }

    /// <summary>Size on disk, in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Whether it is encrypted: <c>No</c>, <c>Yes</c>, or <c>Maybe</c>.</summary>
    public required string Encryption { get; init; }

    /// <summary>When it was first discovered.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When it was found to be dropped; null if it exists. Its backups remain.</summary>
    public DateTimeOffset? Dropped { get; init; }

    /// <summary>Name that it has probably been renamed to; null if none.</summary>
    public string? RenamedTo { get; init; }

    /// <summary>Why it cannot be read; null if it can.</summary>
    public OperationError? Problem { get; init; }

    /// <summary>
    /// Since when and why its source has been unreachable, so that its next backup will not run; null if it is
    /// reachable. The state of the database depends only on its backups.
    /// </summary>
    public SourceOutage? SourceOutage { get; init; }

    /// <summary>Number of enabled tasks that cover it.</summary>
    public required int Tasks { get; init; }

    /// <summary>Names of these tasks. The names of server-wide tasks begin with <c>Server Wide Backup</c>.</summary>
    public IReadOnlyList<string> TaskNames { get; set; } = [];

    /// <summary>Tag of the node that runs them; null if there are none.</summary>
    public string? ResponsibleNode { get; init; }

    /// <summary>Id of a queued or running operation of these tasks; null if there is none.</summary>
    public string? RunningOperation { get; init; }

    /// <summary>
    /// When the newest backup of any of its tasks began, ignoring backups known to be damaged; or the later run that
    /// found nothing changed. Null if there is none.
    /// </summary>
    public DateTimeOffset? LastBackup { get; init; }

    /// <summary>When the next backup is due; null for never.</summary>
    public DateTimeOffset? NextBackup { get; init; }

    /// <summary>
    /// <c>Covered</c> (protected), <c>Incomplete</c> (protected, but not at every destination), <c>AtRisk</c> (the
    /// newest backups are known to be damaged, or the newest good one is too old), <c>Failing</c> (the last run
    /// failed), <c>Overdue</c> (a run was due more than an hour ago and did not start), <c>Missing</c> (its source no
    /// longer has it, and nobody has confirmed that it was dropped), <c>Held</c> (an operator postponed its backups,
    /// and the newest has become too old), <c>Uncovered</c>, <c>Unreadable</c>, <c>Waiting</c> (for its first backup)
    /// or <c>Dropped</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why it is in this state, as text for people.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Since when it has been in this state; null if unknown or if it is protected.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Tasks that do not protect it as intended, even if another one does.</summary>
    public IReadOnlyList<TaskProblemView> Problems { get; set; } = [];

    /// <summary>
    /// What needs the attention of an operator: why it is not protected, or which of its tasks fail to protect it; null
    /// if no problem is known.
    /// </summary>
    public string? Attention { get; init; }
}
