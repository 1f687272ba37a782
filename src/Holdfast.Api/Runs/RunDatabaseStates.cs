using Holdfast.Core.Operations;

namespace Holdfast.Api.Runs;

/// <summary>The states of a database in a run.</summary>
public static class RunDatabaseStates
{
    /// <summary>All states; those that need attention come first.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        nameof(OperationState.Failed),
        "Missed",
        nameof(OperationState.CompletedWithErrors),
        nameof(OperationState.Aborted),
        nameof(OperationState.Running),
        nameof(OperationState.Queued),
        "Due",
        nameof(OperationState.Completed),
    ];
}
