namespace Holdfast.Core.Kinds;

/// <summary>A kind of destination as clients see it: its names, what it can do, and how its destinations are defined.</summary>
public sealed record DestinationKind
{
    /// <summary>Its name in definitions and the API: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its display name: <c>Local folder</c>.</summary>
    public required string Label { get; init; }

    /// <summary>What a destination of this kind is, in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What it can do.</summary>
    public DestinationFeatures Features { get; init; } = new();

    /// <summary>The form that defines a destination.</summary>
    public required FormDescription Form { get; init; }

    /// <summary>What the configuration file has to allow before one can be defined; null if nothing is missing.</summary>
    public ConfigurationGuide? Configuration { get; init; }
}
