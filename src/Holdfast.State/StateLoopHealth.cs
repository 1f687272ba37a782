using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>Health of a background loop of this assembly.</summary>
/// <param name="LastIteration">When it last completed pending work; the current time while no work is pending.</param>
/// <param name="SinceLastIteration">Time since then, by a monotonic clock.</param>
/// <param name="Failures">Number of consecutive failures.</param>
/// <param name="Problem">Why it fails; null if it does not.</param>
public sealed record StateLoopHealth(DateTimeOffset LastIteration, TimeSpan SinceLastIteration, int Failures, HoldfastException? Problem);
