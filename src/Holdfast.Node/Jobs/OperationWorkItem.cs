using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Jobs;

/// <summary>What an operation does when it is its turn, and what it needs for that. One for each operation.</summary>
internal abstract class OperationWorkItem
{
    /// <summary>Only one with the same key waits or runs at a time.</summary>
    public abstract string Key { get; }

    /// <summary>What it holds alone while it waits and runs; see <see cref="Job.ExclusiveKey"/>. Null for nothing.</summary>
    public virtual string? ExclusiveKey => null;

    /// <summary>Whose slots it takes one of.</summary>
    public abstract JobLane Lane { get; }

    /// <summary>Jobs of one group take turns with those of others.</summary>
    public abstract string Group { get; }

    /// <summary>Name of the source that it reads or writes; null for none.</summary>
    public virtual string? Source => null;

    /// <summary>Names of the destinations that it reads or writes, as far as they are known.</summary>
    public virtual IReadOnlyList<string> Destinations => [];

    /// <summary>Whether it is given up when it has not moved for too long. If not, an operator has to decide.</summary>
    public virtual bool CanTimeOut => true;

    /// <summary>Its operation, as one that waits.</summary>
    public abstract RunningOperation CreateOperation(OperationStore operations, string? askedBy);

    /// <summary>Does the work, and ends the operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="written">Called when only publishing is left.</param>
    public abstract Task RunAsync(RunningOperation operation, Action written);

    /// <summary>Ends the operation, which the caller has claimed, while its work has not begun, or hangs.</summary>
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

    /// <summary>What is told of an operation that was stopped.</summary>
    internal static HoldfastException CreateStopException(StopReason reason, RunningOperation operation) =>
        reason switch
        {
            StopReason.Aborted => new(
                ErrorCatalogue.Aborted,
                operation.DelayedUntil is null ? "An operator aborted it." : "An operator put it off."
            ),
            StopReason.Stalled => new(
                ErrorCatalogue.NoProgress,
                $"It had not moved for {operation.TimeWithoutProgress.TotalMinutes:0} minutes, and was given up.",
                "Check the destination and the source: one of them does not answer. Its log says what it did last."
            ),
            _ => new(ErrorCatalogue.Interrupted, "The server stopped while this ran.", "Nothing half is left. Ask for it again."),
        };
}
