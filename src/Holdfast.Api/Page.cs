namespace Holdfast.Api;

/// <summary>A list as the API answers with it.</summary>
/// <typeparam name="T">Type of its items.</typeparam>
/// <param name="Items">The items.</param>
/// <param name="Next">What to pass as <c>after</c> for those that follow; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next = null);
