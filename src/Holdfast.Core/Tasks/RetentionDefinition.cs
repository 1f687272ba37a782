namespace Holdfast.Core.Tasks;

/// <summary>How long backups are kept, as an operator defines it.</summary>
/// <param name="MinimumAgeDays">Minimum age in days; at least 1.</param>
public sealed record RetentionDefinition(double MinimumAgeDays)
{
    /// <summary>Other minimum ages in days, by the names of destinations of the task; each at least 1. Null for none.</summary>
    public IReadOnlyDictionary<string, double>? Destinations { get; init; }

    /// <inheritdoc/>
    public bool Equals(RetentionDefinition? other) =>
        other is not null
        && MinimumAgeDays.Equals(other.MinimumAgeDays)
        && (Destinations?.Count ?? 0) == (other.Destinations?.Count ?? 0)
        && (Destinations ?? new Dictionary<string, double>()).All(d =>
            other.Destinations!.TryGetValue(d.Key, out var days) && days.Equals(d.Value)
        );

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MinimumAgeDays, Destinations?.Count ?? 0);
}
