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

    /// <summary>A slot passed more than an hour ago, and nothing ran.</summary>
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
}
