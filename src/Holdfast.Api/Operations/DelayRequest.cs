namespace Holdfast.Api.Operations;

/// <summary>A running backup is stopped, to begin again later.</summary>
/// <param name="Minutes">In how many minutes; more than 0, at most 43,200.</param>
public sealed record DelayRequest(double Minutes);
