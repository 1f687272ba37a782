namespace Holdfast.Node.Jobs;

/// <summary>The lane of a job; each lane has its own slots.</summary>
public enum JobLane
{
    /// <summary>Backups of small databases, many at once.</summary>
    Small,

    /// <summary>Backups of large databases, each of which uses all cores.</summary>
    Large,

    /// <summary>Restores.</summary>
    Restore,

    /// <summary>Verifications, one at a time: they read whole disks, and backups have priority.</summary>
    Verify,

    /// <summary>
    /// Comparisons of databases with their newest backups, one at a time: they read whole databases, and backups have priority.
    /// </summary>
    Compare,

    /// <summary>Other work on chains: deletions by operators, and repairs of the audit.</summary>
    Removal,

    /// <summary>Repairs, a few at once: each waits for two destinations most of the time.</summary>
    Repair,

    /// <summary>Rebuildings of the catalog, which read the beginning of every archive of a destination.</summary>
    Rebuild,
}
