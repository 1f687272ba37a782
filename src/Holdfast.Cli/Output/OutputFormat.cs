namespace Holdfast.Cli.Output;

/// <summary>How results are written to standard output.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON document, as described in <c>docs/cli.md</c>.</summary>
    Json,
}
