namespace Holdfast.Studio.Api;

/// <summary>Something with the revision it was read at.</summary>
/// <param name="Value">What was read.</param>
/// <param name="ETag">What an edit of it names as the state that it is based on; null where it cannot be edited.</param>
public sealed record Versioned<T>(T Value, string? ETag);
