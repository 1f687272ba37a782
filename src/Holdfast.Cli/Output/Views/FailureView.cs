namespace Holdfast.Cli.Output.Views;

/// <summary>The JSON document of a command that failed as a whole.</summary>
internal sealed record FailureView(ErrorView Error);
