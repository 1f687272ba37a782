namespace Holdfast.Core.Alerts;

/// <summary>Something that is not as it should be, for as long as it is so.</summary>
public sealed record Alert
{
    /// <summary>Tells it from all others, and stays the same while it stands.</summary>
    public required string Key { get; init; }

    /// <summary>What kind it is.</summary>
    public required AlertKind Kind { get; init; }

    /// <summary>How much it matters.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>Since when it stands, as far as the node that tells it knows.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What it is about.</summary>
    public required AlertSubject Subject { get; init; }

    /// <summary>What is the matter.</summary>
    public required string Message { get; init; }

    /// <summary>What to do; null where nothing sensible can be said.</summary>
    public string? Hint { get; init; }
}
