using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Supervision;

/// <summary>How one background loop is doing.</summary>
/// <param name="Name">Its name, as alerts and metrics show it: <c>scheduler</c>, <c>discovery of shop</c>.</param>
/// <param name="LastIteration">When it last completed a turn, or was started.</param>
/// <param name="MaxInterval">The longest that a turn may take; one that takes three times as long counts as stuck.</param>
/// <param name="Failures">Failures in a row: 0 while its last turn was completed.</param>
/// <param name="Problem">Why its last turn failed; null while it does not.</param>
/// <param name="SinceLastIteration">How long ago its last beat is, by the clock that never jumps.</param>
public sealed record LoopStatus(
    string Name,
    DateTimeOffset LastIteration,
    TimeSpan MaxInterval,
    int Failures,
    OperationError? Problem,
    TimeSpan SinceLastIteration
)
{
    /// <summary>Whether it has not completed a turn for so long that it counts as stuck.</summary>
    public bool IsStuck => AlertRules.IsStuck(SinceLastIteration, MaxInterval);
}
