namespace Holdfast.Cli.Output;

/// <summary>The JSON document of a command that failed as a whole.</summary>
internal sealed record FailureView(ErrorView Error);
