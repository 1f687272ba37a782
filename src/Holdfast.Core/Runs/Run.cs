using Holdfast.Core.Tasks;

namespace Holdfast.Core.Runs;

/// <summary>
/// One run of a server-wide backup task over its databases, for a slot of its schedule or on request. It counts what was due, not what was
/// tried: <see cref="Due"/> is the sum of <see cref="Waiting"/>, <see cref="Running"/>, <see cref="Done"/>, <see cref="Incomplete"/>,
/// <see cref="Failed"/>, <see cref="Aborted"/> and <see cref="Missed"/>.
/// </summary>
public sealed record Run
{
    /// <summary>Maximum number of missed databases that are listed.</summary>
    public const int MaxMissedListed = 100;

    /// <summary>Its id; ids sort by creation time.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the server-wide backup task.</summary>
    public required string TemplateId { get; init; }

    /// <summary>Name of the task when the run was created.</summary>
    public required string TemplateName { get; init; }

    /// <summary>The slot; null for a run on request. After downtime one run catches up, for the newest slot that passed.</summary>
    public DateTimeOffset? Slot { get; init; }

    /// <summary>The kind of backup that was due; the first backup of a database is always full.</summary>
    public required BackupKind Kind { get; init; }

    /// <summary>Who requested it; null for the schedule.</summary>
    public string? AskedBy { get; init; }

    /// <summary>The node that runs it.</summary>
    public required string Node { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When backups that have not started count as missed; null for a run on request, which queues all backups at once.</summary>
    public DateTimeOffset? MissedFrom { get; init; }

    /// <summary>When its first backup started; null if none has.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When its last backup ended; null while one waits or runs, or may still start.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Number of databases that were due.</summary>
    public int Due { get; init; }

    /// <summary>Databases that are queued.</summary>
    public int Waiting { get; init; }

    /// <summary>Databases that are being backed up.</summary>
    public int Running { get; init; }

    /// <summary>Databases that are stored at every destination, or had not changed.</summary>
    public int Done { get; init; }

    /// <summary>Databases among those done that had not changed.</summary>
    public int Unchanged { get; init; }

    /// <summary>Databases that are stored, but not at every destination.</summary>
    public int Incomplete { get; init; }

    /// <summary>Databases whose backup failed.</summary>
    public int Failed { get; init; }

    /// <summary>Databases whose backup an operator aborted.</summary>
    public int Aborted { get; init; }

    /// <summary>Databases whose slot passed without a backup.</summary>
    public int Missed { get; init; }

    /// <summary>Ids of the first missed databases, in order; at most <see cref="MaxMissedListed"/>.</summary>
    public IReadOnlyList<string> MissedDatabases { get; init; } = [];

    /// <summary>Total size of the databases that were due, in bytes.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes of them read so far.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Bytes of the archives stored.</summary>
    public long StoredBytes { get; init; }

    /// <summary>
    /// Estimated time left, at the current pace; null if it cannot be estimated, because the rest waits for an unavailable database or
    /// source.
    /// </summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => Ended is not null;
}
