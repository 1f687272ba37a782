namespace Holdfast.Core.Operations;

/// <summary>Where an operation stands.</summary>
public enum OperationState
{
    /// <summary>It waits for its turn.</summary>
    Queued,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It did all that was asked.</summary>
    Completed,

    /// <summary>It did what was asked in part: an archive is at some destinations, not at all; a restored database lacks objects.</summary>
    CompletedWithErrors,

    /// <summary>It did not do what was asked, and left nothing behind.</summary>
    Failed,

    /// <summary>An operator stopped it, for good or to begin again later.</summary>
    Aborted,
}
