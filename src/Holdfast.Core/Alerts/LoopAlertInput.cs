using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>The health of a background loop, as input to the alert rules.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LastIteration">When it last completed an iteration, or was started.</param>
/// <param name="MaxInterval">The longest interval between two iterations of a healthy loop.</param>
/// <param name="Failures">Number of consecutive failures.</param>
/// <param name="Problem">Why its last iteration failed; null if it succeeded.</param>
/// <param name="SinceLastIteration">Time since it completed an iteration, by a monotonic clock.</param>
public sealed record LoopAlertInput(
    string Name,
    DateTimeOffset LastIteration,
    TimeSpan MaxInterval,
    int Failures,
    OperationError? Problem,
    TimeSpan SinceLastIteration
);
