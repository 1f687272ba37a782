using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Retention;

/// <summary>What came of retention of one task at one destination.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Plan">What is past its time now, after whatever was deleted; null where that could not be found out.</param>
/// <param name="Deleted">Paths of the chains that were deleted.</param>
/// <param name="Error">What went wrong; null where nothing did.</param>
public sealed record RetentionResult(string Destination, RetentionPlan? Plan, IReadOnlyList<string> Deleted, HoldfastException? Error)
{
    /// <summary>Why something that is past its time stays; null where nothing does.</summary>
    public RetentionProblem? Problem =>
        Error is not null ? new(false, Truncation.Truncate(Error.Message))
        : Plan?.GuardReason is { } reason ? new(true, reason)
        : null;

    /// <summary>What a failure of retention, or its stop, is to whoever looks at it.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="own">The token that stops retention.</param>
    internal static HoldfastException Failure(Exception e, CancellationToken own) =>
        e switch
        {
            OperationCanceledException when own.IsCancellationRequested => new(
                ErrorCatalogue.Interrupted,
                "It was stopped before its end.",
                "It goes on after the next full backup.",
                e
            ),
            HoldfastException known => known,
            _ => new(ErrorCatalogue.Unexpected, $"It ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e),
        };

    /// <summary>
    /// The status with what came of these runs; null where it says so already. Destinations that were not looked at
    /// keep what was known of them.
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
