using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>How a background loop of this room is doing.</summary>
/// <param name="LastBeat">When it did last what it owes; the present while it owes nothing.</param>
/// <param name="Silence">How long ago that is, by the clock that never jumps.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Problem">Why it fails; null while it does not.</param>
public sealed record StateLoop(DateTimeOffset LastBeat, TimeSpan Silence, int Failures, HoldfastException? Problem);
