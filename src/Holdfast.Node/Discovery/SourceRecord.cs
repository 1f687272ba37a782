namespace Holdfast.Node.Discovery;

/// <summary>What all nodes share about a source, as stored under its name. A source with another identity is not used.</summary>
public sealed record SourceRecord
{
    /// <summary>Identity that a source of this name must have on every node; null if none is known.</summary>
    public string? Identity { get; init; }
}
