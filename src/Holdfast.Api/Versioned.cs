namespace Holdfast.Api;

/// <summary>A resource and its revision.</summary>
/// <typeparam name="T">Type of the resource.</typeparam>
/// <param name="Value">The resource.</param>
/// <param name="ETag">
/// Revision of the resource, to be passed to <see cref="EditCondition.Unchanged"/>; null if the resource cannot be
/// edited.
/// </param>
/// <param name="IsNew">Whether the request created the resource.</param>
public sealed record Versioned<T>(T Value, string? ETag, bool IsNew = false);
