namespace Holdfast.Node.Jobs;

/// <summary>Why an operation is ended from outside of its own work.</summary>
internal enum StopReason
{
    /// <summary>An operator aborted or postponed it.</summary>
    Aborted,

    /// <summary>It made no progress for too long.</summary>
    Stalled,

    /// <summary>The node is stopping, and the operation could not be interrupted.</summary>
    NodeShutdown,
}
