namespace Holdfast.Core.Alerts;

/// <summary>What an alert is about.</summary>
public enum AlertKind
{
    /// <summary>No task backs a database up.</summary>
    DatabaseUncovered,

    /// <summary>A database is there and cannot be read.</summary>
    DatabaseUnreadable,

    /// <summary>The last run of a task failed.</summary>
    TaskFailed,

    /// <summary>A slot passed more than an hour ago and nothing ran, or the newest good backup is older than the schedule allows.</summary>
    TaskOverdue,

    /// <summary>A task or template has no destination, so it does not run.</summary>
    NoDestination,

    /// <summary>Schedule or time zone of a task or template cannot be read on this node, so it does not run.</summary>
    ScheduleUnreadable,

    /// <summary>A source cannot be looked at.</summary>
    SourceDown,

    /// <summary>A destination took no archive of the last run of one task or more.</summary>
    DestinationFailing,

    /// <summary>A database has less than half of the size of its backup before.</summary>
    SizeDropped,

    /// <summary>Retention would delete so much that an operator has to approve it.</summary>
    RetentionWaiting,

    /// <summary>Retention could not delete what is past its time.</summary>
    RetentionFailed,

    /// <summary>The state store takes nothing.</summary>
    StateNotWritable,

    /// <summary>A value in the state store cannot be read.</summary>
    StateUnreadable,

    /// <summary>The scheduler does not turn.</summary>
    SchedulerStalled,

    /// <summary>The webhook takes no alerts.</summary>
    WebhookFailing,

    /// <summary>The heartbeat's address does not answer.</summary>
    HeartbeatFailing,

    /// <summary>A background loop of the node fails, or has not completed a turn for too long.</summary>
    LoopFailed,

    /// <summary>A source is not the one that was known by its name, or is a copy of another: it is not used.</summary>
    SourceIdentity,

    /// <summary>
    /// A source was not discovered for three intervals, or is not configured any more while databases are known by its
    /// name.
    /// </summary>
    SourceSilent,

    /// <summary>
    /// A source has lost all or most of its databases, at once or within a day; nothing is changed until an operator
    /// confirms it.
    /// </summary>
    SourceShrunk,

    /// <summary>A destination is not the one that was defined: its identity is another, or is missing.</summary>
    DestinationIdentity,

    /// <summary>An archive is known to be damaged.</summary>
    BackupDamaged,

    /// <summary>Archives that the catalog knows are not at their destination.</summary>
    BackupsMissing,

    /// <summary>The clock jumped: nothing is deleted until it can be trusted again.</summary>
    ClockJumped,

    /// <summary>A chain at a destination has a name that lies more than a day ahead.</summary>
    NameAhead,

    /// <summary>A task does not run, because its id is another task's.</summary>
    TaskClash,

    /// <summary>A running operation has not moved a byte for too long.</summary>
    NoProgress,

    /// <summary>
    /// The catalog was damaged and begun anew: damage to archives that it knew of may be forgotten until they are
    /// verified.
    /// </summary>
    CatalogDamaged,

    /// <summary>Backups were not verified for twice as long as their task asks for.</summary>
    VerificationLate,

    /// <summary>Code of a restored database has changed the role that runs restores into a source.</summary>
    RestoreRoleChanged,
}
