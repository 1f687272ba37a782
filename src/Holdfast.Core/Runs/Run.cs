using Holdfast.Core.Tasks;

namespace Holdfast.Core.Runs;

/// <summary>
/// One run of a server-wide backup task over its databases: of a slot of its schedule, or because somebody asked. What
/// counts is what was due, not what was tried:
/// <see cref="Due"/> is the sum of <see cref="Waiting"/>, <see cref="Running"/>, <see cref="Done"/>,
/// <see cref="Incomplete"/>, <see cref="Failed"/>, <see cref="Aborted"/> and <see cref="Missed"/>.
/// </summary>
public sealed record Run
{
    /// <summary>How many of the databases that were missed are named.</summary>
    public const int MaxMissedListed = 100;

    /// <summary>Its id; ids sort by the time that runs came to be.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the server-wide backup task.</summary>
    public required string TemplateId { get; init; }

    /// <summary>Its name when the run came to be.</summary>
    public required string TemplateName { get; init; }

    /// <summary>The slot; null where somebody asked for it. After downtime one run catches up, in the newest slot that passed.</summary>
    public DateTimeOffset? Slot { get; init; }

    /// <summary>The kind of backup that was due; a database's first is full whatever was due.</summary>
    public required BackupKind Kind { get; init; }

    /// <summary>Who asked for it; null for the schedule.</summary>
    public string? AskedBy { get; init; }

    /// <summary>The node that runs it.</summary>
    public required string Node { get; init; }

    /// <summary>When it came to be.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>
    /// When what was due and has not begun counts as missed; null where somebody asked for it: all of it was queued
    /// then.
    /// </summary>
    public DateTimeOffset? MissedFrom { get; init; }

    /// <summary>When the first backup of it began; null for not yet.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When the last one ended; null while one waits or runs, or may still begin.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Databases that were due.</summary>
    public int Due { get; init; }

    /// <summary>Those of them that wait for their turn.</summary>
    public int Waiting { get; init; }

    /// <summary>Those that are being backed up.</summary>
    public int Running { get; init; }

    /// <summary>Those that are stored at every destination, or had not changed.</summary>
    public int Done { get; init; }

    /// <summary>Of those that are done, the ones that had not changed.</summary>
    public int Unchanged { get; init; }

    /// <summary>Those that are stored, but not at every destination.</summary>
    public int Incomplete { get; init; }

    /// <summary>Those whose backup failed.</summary>
    public int Failed { get; init; }

    /// <summary>Those whose backup an operator stopped.</summary>
    public int Aborted { get; init; }

    /// <summary>Those whose slot passed without a backup.</summary>
    public int Missed { get; init; }

    /// <summary>Ids of the first of those, in their order; at most <see cref="MaxMissedListed"/>.</summary>
    public IReadOnlyList<string> MissedDatabases { get; init; } = [];

    /// <summary>Bytes of the databases that were due.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes that were read of them.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Bytes of the archives that were made.</summary>
    public long StoredBytes { get; init; }

    /// <summary>
    /// How long it will still take, at the pace so far; null where nobody can tell, for what is left waits for a
    /// database or source that is away.
    /// </summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool HasEnded => Ended is not null;
}
