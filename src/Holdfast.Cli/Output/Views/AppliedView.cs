namespace Holdfast.Cli.Output.Views;

/// <summary>What <c>holdfast apply</c> did with one item of its file.</summary>
/// <param name="Kind"><c>destination</c>, <c>server-wide</c> or <c>task</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Database">The database of a task; null for the others.</param>
/// <param name="Result"><c>created</c>, <c>changed</c>, <c>unchanged</c> or <c>failed</c>.</param>
/// <param name="GeneratedKey">The key that was made for it, once; null where none was.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
internal sealed record AppliedView(
    string Kind,
    string Name,
    string? Database,
    string Result,
    Api.Tasks.KeyView? GeneratedKey,
    ErrorView? Error
);
