namespace Holdfast.Core.Alerts;

/// <summary>The conditions that raise alerts.</summary>
public enum AlertKind
{
    /// <summary>No task backs up a database.</summary>
    DatabaseUncovered,

    /// <summary>A database exists but cannot be read.</summary>
    DatabaseUnreadable,

    /// <summary>The last run of a task failed.</summary>
    TaskFailed,

    /// <summary>A scheduled run is more than an hour late, or the newest good backup is older than the schedule allows.</summary>
    TaskOverdue,

    /// <summary>A task or template has no destination, so it does not run.</summary>
    NoDestination,

    /// <summary>The schedule or time zone of a task or template is not valid on this node, so it does not run.</summary>
    ScheduleUnreadable,

    /// <summary>Discovery of a source fails.</summary>
    SourceDown,

    /// <summary>A destination could not store the last backup of one or more tasks.</summary>
    DestinationFailing,

    /// <summary>A database has less than half the size that it had at the backup before.</summary>
    SizeDropped,

    /// <summary>Retention would delete so much that an operator has to approve it.</summary>
    RetentionWaiting,

    /// <summary>Retention could not delete expired backups.</summary>
    RetentionFailed,

    /// <summary>The state store cannot be written.</summary>
    StateNotWritable,

    /// <summary>A value in the state store cannot be read.</summary>
    StateUnreadable,

    /// <summary>The scheduler has stopped evaluating schedules.</summary>
    SchedulerStalled,

    /// <summary>The webhook does not accept alerts.</summary>
    WebhookFailing,

    /// <summary>The heartbeat URL does not respond.</summary>
    HeartbeatFailing,

    /// <summary>A background loop of the node fails, or has not completed an iteration for too long.</summary>
    LoopFailed,

    /// <summary>
    /// A source has another identity than the one registered under its name, or is a copy of another source. It is not used.
    /// </summary>
    SourceIdentity,

    /// <summary>
    /// A source was not discovered for three intervals, or is no longer configured although databases are registered under its name.
    /// </summary>
    SourceSilent,

    /// <summary>
    /// A source has lost all or most of its databases, at once or within a day. Nothing changes until an operator confirms it.
    /// </summary>
    SourceShrunk,

    /// <summary>A destination has another identity than the one that was defined, or none.</summary>
    DestinationIdentity,

    /// <summary>
    /// A destination is the folder of another one, or lies inside it: copies at both are one copy. Backups continue.
    /// </summary>
    DestinationOverlap,

    /// <summary>An archive is known to be damaged.</summary>
    BackupDamaged,

    /// <summary>Archives that the catalog lists are missing at their destination.</summary>
    BackupsMissing,

    /// <summary>The clock jumped: nothing is deleted until it can be trusted again.</summary>
    ClockJumped,

    /// <summary>The name of a chain at a destination is more than a day in the future.</summary>
    NameAhead,

    /// <summary>A task does not run because another task has the same id.</summary>
    TaskClash,

    /// <summary>A running operation has made no progress for too long.</summary>
    NoProgress,

    /// <summary>
    /// The catalog was damaged and recreated. Damaged archives that it listed may be unknown until they are verified again.
    /// </summary>
    CatalogDamaged,

    /// <summary>Backups have not been verified for twice the interval that their task sets.</summary>
    VerificationLate,

    /// <summary>A destination has files among its archives that Holdfast has not written.</summary>
    ForeignFiles,

    /// <summary>Code in a restored database changed the role that runs restores into a source.</summary>
    RestoreRoleChanged,
}
