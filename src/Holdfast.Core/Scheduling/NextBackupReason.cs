namespace Holdfast.Core.Scheduling;

/// <summary>Why a backup is due.</summary>
public enum NextBackupReason
{
    /// <summary>Its slot has come.</summary>
    Schedule,

    /// <summary>One or more slots passed while it could not run.</summary>
    CatchUp,

    /// <summary>The previous run failed.</summary>
    Retry,

    /// <summary>An operator postponed it.</summary>
    Delay,
}
