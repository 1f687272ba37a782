namespace Holdfast.Cli.Output.Views;

/// <summary>Result of <c>holdfast apply</c> for one item of the file.</summary>
/// <param name="Kind"><c>destination</c>, <c>server-wide</c> or <c>task</c>.</param>
/// <param name="Name">Name of the item.</param>
/// <param name="Database">The database of a task; null for the others.</param>
/// <param name="Result"><c>created</c>, <c>changed</c>, <c>unchanged</c> or <c>failed</c>.</param>
/// <param name="GeneratedKey">The generated key, shown once; null if none was generated.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
internal sealed record AppliedView(
    string Kind,
    string Name,
    string? Database,
    string Result,
    Api.Tasks.KeyView? GeneratedKey,
    ErrorView? Error
);
