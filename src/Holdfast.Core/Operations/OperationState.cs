namespace Holdfast.Core.Operations;

/// <summary>The states of an operation.</summary>
public enum OperationState
{
    /// <summary>Queued.</summary>
    Queued,

    /// <summary>Running.</summary>
    Running,

    /// <summary>Completed without errors.</summary>
    Completed,

    /// <summary>Completed in part: an archive is stored at some destinations but not at all; a restored database lacks objects.</summary>
    CompletedWithErrors,

    /// <summary>Failed, leaving nothing behind.</summary>
    Failed,

    /// <summary>Stopped by an operator, for good or to start again later.</summary>
    Aborted,
}
