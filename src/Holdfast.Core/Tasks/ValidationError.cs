namespace Holdfast.Core.Tasks;

/// <summary>One thing that is wrong with a task as it was written.</summary>
/// <param name="Field">The field, as the API names it: <c>retention.minimumAgeDays</c>.</param>
/// <param name="Message">What is wrong, with the value.</param>
/// <param name="Hint">What would be right.</param>
public sealed record ValidationError(string Field, string Message, string Hint);
