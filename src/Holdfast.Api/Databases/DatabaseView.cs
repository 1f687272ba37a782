using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Api.Databases;

/// <summary>A database as the API shows it.</summary>
public sealed record DatabaseView
{
    /// <summary>Its id, <c>source/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its source.</summary>
    public required string Source { get; init; }

    /// <summary>Its name there.</summary>
    public required string Name { get; init; }

    /// <summary>Its engine.</summary>
    public required string Engine { get; init; }

    /// <summary>Bytes on disk.</summary>
    public required long SizeBytes { get; init; }

    /// <summary><c>No</c>, <c>Yes</c>, or <c>Maybe</c>.</summary>
    public required string Encryption { get; init; }

    /// <summary>When it was discovered first.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When it was found to be gone; null while it is there. Its backups stay.</summary>
    public DateTimeOffset? Dropped { get; init; }

    /// <summary>What it seems to have been renamed to.</summary>
    public string? RenamedTo { get; init; }

    /// <summary>Why it cannot be read; null where it can.</summary>
    public OperationError? Problem { get; init; }

    /// <summary>
    /// Since when and why its source cannot be reached, so that its next backup will not run; null where it can be. The
    /// database's state is by its backups all the same.
    /// </summary>
    public SourceOutage? SourceOutage { get; init; }

    /// <summary>Number of tasks that cover it and are not switched off.</summary>
    public required int Tasks { get; init; }

    /// <summary>Names of those tasks; a server-wide one's begins with <c>Server Wide Backup</c>.</summary>
    public IReadOnlyList<string> TaskNames { get; set; } = [];

    /// <summary>Tag of the node that runs them; null where there are none.</summary>
    public string? ResponsibleNode { get; init; }

    /// <summary>An operation of one of them that waits or runs now; null for none.</summary>
    public string? RunningOperation { get; init; }

    /// <summary>
    /// When the newest backup of any of its tasks began that is not known to be bad, or the run after it that found
    /// nothing changed; null for none.
    /// </summary>
    public DateTimeOffset? LastBackup { get; init; }

    /// <summary>When the next is due; null for never.</summary>
    public DateTimeOffset? NextBackup { get; init; }

    /// <summary>
    /// <c>Covered</c> (protected), <c>Incomplete</c> (protected, but not at every destination), <c>AtRisk</c> (the
    /// newest backups are known to be bad, or the newest good one is too old),
    /// <c>Failing</c> (the last run failed), <c>Overdue</c> (a slot passed more than an hour ago, and nothing ran),
    /// <c>Missing</c> (its source no longer shows it, and nobody has confirmed that it
    /// was dropped), <c>Held</c> (an operator put its backups off, and the newest has become too old),
    /// <c>Uncovered</c>, <c>Unreadable</c>, <c>Waiting</c> (for its first backup) or <c>Dropped</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why it is in that state, for people.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Since when; null where nobody knows, and where it is protected.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Tasks that do not protect it as they should, though another one may.</summary>
    public IReadOnlyList<TaskProblemView> Problems { get; set; } = [];

    /// <summary>
    /// What an operator should know: why it is not protected, or which of its tasks fail to; null where nothing is
    /// known to be wrong.
    /// </summary>
    public string? Attention { get; init; }
}
