using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A background loop as the rules of alerts look at it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LastIteration">When it completed a turn last, or was started.</param>
/// <param name="MaxInterval">The longest time between two turns of a loop that works.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Problem">Why its last turn failed; null while it does not.</param>
/// <param name="SinceLastIteration">How long ago it completed a turn, by a clock that never jumps.</param>
public sealed record LoopAlertInput(
    string Name,
    DateTimeOffset LastIteration,
    TimeSpan MaxInterval,
    int Failures,
    OperationError? Problem,
    TimeSpan SinceLastIteration
);
