namespace Holdfast.Api;

/// <summary>A resource with the revision that it was read at.</summary>
/// <typeparam name="T">Type of the resource.</typeparam>
/// <param name="Value">The resource.</param>
/// <param name="ETag">The revision, which an edit names as the one that it is based on; null for a resource that cannot be edited.</param>
/// <param name="IsNew">Whether the request created the resource.</param>
public sealed record Versioned<T>(T Value, string? ETag, bool IsNew = false);
