namespace Holdfast.Api.Retention;

/// <summary>A chain that is past its time.</summary>
/// <param name="Path">Its folder at the destination.</param>
/// <param name="Full">When its full backup began.</param>
/// <param name="Newest">When its newest archive began.</param>
public sealed record RetentionChainView(string Path, DateTimeOffset Full, DateTimeOffset Newest);
