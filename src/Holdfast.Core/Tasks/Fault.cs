namespace Holdfast.Core.Tasks;

/// <summary>One thing that is wrong with what an operator wrote.</summary>
/// <param name="Field">Which field, as the API names it: <c>retention.minimumAgeDays</c>.</param>
/// <param name="Message">What is wrong, with the value.</param>
/// <param name="Hint">What would be right; null where the message says it.</param>
public sealed record Fault(string Field, string Message, string? Hint);
