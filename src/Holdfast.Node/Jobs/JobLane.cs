namespace Holdfast.Node.Jobs;

/// <summary>Which slots a job takes one of.</summary>
public enum JobLane
{
    /// <summary>Backups of small databases: many at once.</summary>
    Small,

    /// <summary>Backups of large databases, each of which uses all cores by itself.</summary>
    Large,

    /// <summary>Restores.</summary>
    Restore,

    /// <summary>Verifications, one at a time: they read whole disks, and backups come first.</summary>
    Verify,

    /// <summary>
    /// Comparisons of databases with their newest backups, one at a time: they read whole databases, and backups come
    /// first.
    /// </summary>
    Compare,

    /// <summary>What is done to chains beside backups: an operator's deletions, and healing after an audit.</summary>
    Removal,
}
