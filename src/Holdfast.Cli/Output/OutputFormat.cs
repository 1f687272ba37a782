namespace Holdfast.Cli.Output;

/// <summary>How results are written to standard output.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON document, as <c>docs/cli.md</c> gives it.</summary>
    Json,
}
