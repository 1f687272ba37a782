namespace Holdfast.Core.Kinds;

/// <summary>A kind of engine as clients see it: its names, what it can do, and how its sources are defined.</summary>
public sealed record EngineKind
{
    /// <summary>Its name in the configuration, the API and archives: <c>postgresql</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its display name: <c>PostgreSQL</c>.</summary>
    public required string Label { get; init; }

    /// <summary>What a source of this kind is, in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What it can do.</summary>
    public EngineFeatures Features { get; init; } = new();

    /// <summary>The form that defines a source over the API; null if only the configuration file can define one.</summary>
    public FormDescription? Form { get; init; }

    /// <summary>How sources are defined in the configuration file; null if <see cref="Form"/> says it all.</summary>
    public ConfigurationGuide? Configuration { get; init; }
}
