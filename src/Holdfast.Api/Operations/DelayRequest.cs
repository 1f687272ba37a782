namespace Holdfast.Api.Operations;

/// <summary>A request to stop a running backup and start it again later.</summary>
/// <param name="Minutes">Minutes until it starts again; more than 0, at most 43,200.</param>
public sealed record DelayRequest(double Minutes);
