namespace Holdfast.Core.Scheduling;

/// <summary>Why a backup is due.</summary>
public enum NextBackupReason
{
    /// <summary>Its slot.</summary>
    Schedule,

    /// <summary>One or more slots passed while nobody could run it.</summary>
    CatchUp,

    /// <summary>The run before failed.</summary>
    Retry,

    /// <summary>An operator put it off.</summary>
    Delay,
}
