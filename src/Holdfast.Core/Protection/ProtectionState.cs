namespace Holdfast.Core.Protection;

/// <summary>How well a database is protected. In order of urgency: what needs a hand first comes first.</summary>
public enum ProtectionState
{
    /// <summary>No task backs it up.</summary>
    Uncovered,

    /// <summary>Its source no longer shows it, and no operator has confirmed that it was dropped.</summary>
    Missing,

    /// <summary>The last run failed at every destination.</summary>
    Failing,

    /// <summary>The newest backups are known to be bad, or the newest good one is older than the schedule allows.</summary>
    AtRisk,

    /// <summary>A slot passed more than an hour ago, and nothing ran.</summary>
    Overdue,

    /// <summary>It is there and cannot be read.</summary>
    Unreadable,

    /// <summary>Protected, but not at every destination of its task.</summary>
    Incomplete,

    /// <summary>An operator has put its backups off, and the newest good one has become too old meanwhile.</summary>
    Held,

    /// <summary>It waits for its first backup.</summary>
    Waiting,

    /// <summary>Protected: the newest good backup is as recent as the schedule promises. People are shown <c>Protected</c>.</summary>
    Covered,

    /// <summary>It was dropped; its backups stay.</summary>
    Dropped,
}
