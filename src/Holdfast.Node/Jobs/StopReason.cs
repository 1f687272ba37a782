namespace Holdfast.Node.Jobs;

/// <summary>Why an operation is ended by somebody else than its own work.</summary>
internal enum StopReason
{
    /// <summary>An operator aborted it, or put it off.</summary>
    Aborted,

    /// <summary>It had not moved for too long.</summary>
    Stalled,

    /// <summary>The node stops, and it did not let itself be interrupted.</summary>
    NodeShutdown,
}
