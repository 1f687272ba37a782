using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>How a background loop of this room is doing.</summary>
/// <param name="LastIteration">When it did last what it owes; the present while it owes nothing.</param>
/// <param name="SinceLastIteration">How long ago that is, by the clock that never jumps.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Problem">Why it fails; null while it does not.</param>
public sealed record StateLoopHealth(DateTimeOffset LastIteration, TimeSpan SinceLastIteration, int Failures, HoldfastException? Problem);
