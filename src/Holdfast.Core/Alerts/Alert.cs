namespace Holdfast.Core.Alerts;

/// <summary>An active alert: a condition that needs attention, for as long as it lasts.</summary>
public sealed record Alert
{
    /// <summary>Unique key; stays the same while the alert is active.</summary>
    public required string Key { get; init; }

    /// <summary>Its kind.</summary>
    public required AlertKind Kind { get; init; }

    /// <summary>Its severity.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>Since when the alert is active, as far as the reporting node knows.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The object that it concerns.</summary>
    public required AlertSubject Subject { get; init; }

    /// <summary>What is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>The next step; null if there is none.</summary>
    public string? Hint { get; init; }
}
