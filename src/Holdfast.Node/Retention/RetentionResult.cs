using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Destinations;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Retention;

/// <summary>The result of retention for one task at one destination.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Plan">The expired chains that are left; null if they could not be determined.</param>
/// <param name="Deleted">Paths of the chains that were deleted.</param>
/// <param name="Error">The failure; null if there is none.</param>
public sealed record RetentionResult(string Destination, RetentionPlan? Plan, IReadOnlyList<string> Deleted, HoldfastException? Error)
{
    /// <summary>Files that could not be deleted, also those that are locked; empty if there are none.</summary>
    public IReadOnlyList<DeletionFailure> Failures { get; init; } = [];

    /// <summary>Whether nothing is deleted there, because that is left to the bucket.</summary>
    public bool IsLeftToBucket { get; init; }

    /// <summary>Why an expired chain stays; null if none does.</summary>
    public RetentionProblem? Problem =>
        IsLeftToBucket && Error is null ? null
        : Error is not null ? new(false, Truncation.Truncate(Error.Message))
        : Plan?.GuardReason is { } reason ? new(true, reason)
        : null;

    /// <summary>The error of files that could not be deleted; null if there are none but locked ones, which only wait.</summary>
    internal static HoldfastException? ErrorOf(IEnumerable<DeletionFailure> failures) =>
        failures.FirstOrDefault(f => f.Error.Error != ErrorCatalog.DestinationLocked)?.Error;

    /// <summary>The error that represents a failure or cancellation of retention.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="own">The token that cancels retention.</param>
    internal static HoldfastException Failure(Exception e, CancellationToken own) =>
        e switch
        {
            OperationCanceledException when own.IsCancellationRequested => new(
                ErrorCatalog.Interrupted,
                "It was interrupted.",
                "It continues after the next full backup.",
                e
            ),
            HoldfastException known => known,
            _ => new(ErrorCatalog.Unexpected, $"It ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e),
        };

    /// <summary>
    /// The status with these results; null if nothing changes. Destinations without a result keep their previous one.
    /// </summary>
    public static TaskStatus? Apply(TaskStatus status, IReadOnlyList<RetentionResult> runs)
    {
        var before = status.RetentionProblems ?? new Dictionary<string, RetentionProblem>();
        var after = new Dictionary<string, RetentionProblem>(before, StringComparer.Ordinal);
        foreach (var run in runs)
        {
            if (run.Problem is { } problem)
            {
                after[run.Destination] = problem;
            }
            else
            {
                after.Remove(run.Destination);
            }
        }

        var isSame = after.Count == before.Count && after.All(p => before.TryGetValue(p.Key, out var was) && was == p.Value);
        return isSame ? null : status with { RetentionProblems = after.Count == 0 ? null : after };
    }
}
