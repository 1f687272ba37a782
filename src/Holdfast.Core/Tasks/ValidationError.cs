namespace Holdfast.Core.Tasks;

/// <summary>One error in a task definition.</summary>
/// <param name="Field">The field, as the API names it: <c>retention.minimumAgeDays</c>.</param>
/// <param name="Message">What is wrong, with the value.</param>
/// <param name="Hint">What would be valid.</param>
public sealed record ValidationError(string Field, string Message, string Hint);
