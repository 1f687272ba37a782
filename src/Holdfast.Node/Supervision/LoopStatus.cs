using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Supervision;

/// <summary>Status of one background loop.</summary>
/// <param name="Name">Name in alerts and metrics: <c>scheduler</c>, <c>discovery of shop</c>.</param>
/// <param name="LastIteration">When it last completed an iteration, or was started.</param>
/// <param name="MaxInterval">
/// The longest time that an iteration may take; after three times as long the loop counts as stalled.
/// </param>
/// <param name="Failures">Consecutive failures: 0 after a completed iteration.</param>
/// <param name="Problem">Why its last iteration failed; null if it did not.</param>
/// <param name="SinceLastIteration">Time since its last iteration, by the monotonic clock.</param>
public sealed record LoopStatus(
    string Name,
    DateTimeOffset LastIteration,
    TimeSpan MaxInterval,
    int Failures,
    OperationError? Problem,
    TimeSpan SinceLastIteration
)
{
    /// <summary>Whether it counts as stalled, because it has not completed an iteration for too long.</summary>
    public bool IsStuck => AlertRules.IsStuck(SinceLastIteration, MaxInterval);
}
