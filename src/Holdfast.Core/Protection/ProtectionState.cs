namespace Holdfast.Core.Protection;

/// <summary>How well a database is protected, most urgent first.</summary>
public enum ProtectionState
{
    /// <summary>No task backs it up.</summary>
    Uncovered,

    /// <summary>It is missing at its source, and no operator has confirmed that it was dropped.</summary>
    Missing,

    /// <summary>The last run failed at every destination.</summary>
    Failing,

    /// <summary>The newest backups are known to be bad, or the newest good one is older than the schedule allows.</summary>
    AtRisk,

    /// <summary>A scheduled run is more than an hour late.</summary>
    Overdue,

    /// <summary>It exists but cannot be read.</summary>
    Unreadable,

    /// <summary>Protected, but not at every destination of its task.</summary>
    Incomplete,

    /// <summary>An operator postponed its backups, and the newest good one has become too old since.</summary>
    Held,

    /// <summary>It waits for its first backup.</summary>
    Waiting,

    /// <summary>Protected: the newest good backup is as recent as the schedule requires. Shown as <c>Protected</c>.</summary>
    Covered,

    /// <summary>It was dropped; its backups are kept.</summary>
    Dropped,
}
