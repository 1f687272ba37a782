using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Jobs;

/// <summary>The work of an operation, and the resources that it needs. One per operation.</summary>
internal abstract class OperationWorkItem
{
    /// <summary>Only one with the same key is queued or running at a time.</summary>
    public abstract string Key { get; }

    /// <summary>Its exclusive key while it is queued and running; see <see cref="Job.ExclusiveKey"/>. Null for none.</summary>
    public virtual string? ExclusiveKey => null;

    /// <summary>The lane that it takes a slot of.</summary>
    public abstract JobLane Lane { get; }

    /// <summary>Jobs of one group take turns with those of others.</summary>
    public abstract string Group { get; }

    /// <summary>Name of the source that it reads or writes; null for none.</summary>
    public virtual string? Source => null;

    /// <summary>Names of the destinations that it reads or writes, as far as known.</summary>
    public virtual IReadOnlyList<string> Destinations => [];

    /// <summary>Whether it times out if it makes no progress for too long. If not, an operator has to decide.</summary>
    public virtual bool CanTimeOut => true;

    /// <summary>Its operation, in the queued state.</summary>
    public abstract RunningOperation CreateOperation(OperationStore operations, string? askedBy);

    /// <summary>Does the work and ends the operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="written">Called when only publishing is left.</param>
    public abstract Task RunAsync(RunningOperation operation, Action written);

    /// <summary>Ends the operation, which the caller has claimed, while its work has not started or hangs.</summary>
    public virtual void Terminate(RunningOperation operation, StopReason reason)
    {
        if (operation.TryEndAsSucceeded())
        {
            return;
        }
        operation.End(
            reason == StopReason.Aborted ? OperationState.Aborted : OperationState.Failed,
            null,
            CreateStopException(reason, operation)
        );
    }

    /// <summary>The error of a stopped operation.</summary>
    internal static HoldfastException CreateStopException(StopReason reason, RunningOperation operation) =>
        reason switch
        {
            StopReason.Aborted => new(
                ErrorCatalog.Aborted,
                operation.DelayedUntil is null ? "An operator aborted it." : "An operator postponed it."
            ),
            StopReason.Stalled => new(
                ErrorCatalog.NoProgress,
                $"It timed out after {operation.TimeWithoutProgress.TotalMinutes:0} minutes without progress.",
                "Check the destination and the source: one of them does not respond. Its log shows the last step."
            ),
            _ => new(ErrorCatalog.Interrupted, "The server stopped while this ran.", "Nothing incomplete is left. Please retry."),
        };
}
