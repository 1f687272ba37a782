namespace Holdfast.Core.Retention;

/// <summary>How long backups are kept.</summary>
/// <param name="MinimumAge">A chain expires when its newest archive is older than this. At least 1 day.</param>
public sealed record RetentionPolicy(TimeSpan MinimumAge)
{
    /// <summary>The smallest valid age.</summary>
    public static readonly TimeSpan MinimumAllowedAge = TimeSpan.FromDays(1);

    /// <summary>Other minimum ages by the names of destinations, each at least 1 day; null for none.</summary>
    public IReadOnlyDictionary<string, TimeSpan>? Destinations { get; init; }

    /// <summary>How long backups are kept at one destination.</summary>
    /// <param name="destination">Its name.</param>
    public RetentionPolicy For(string destination) => new(Destinations?.TryGetValue(destination, out var own) == true ? own : MinimumAge);

    /// <inheritdoc/>
    public bool Equals(RetentionPolicy? other) =>
        other is not null
        && MinimumAge == other.MinimumAge
        && (Destinations?.Count ?? 0) == (other.Destinations?.Count ?? 0)
        && (Destinations ?? new Dictionary<string, TimeSpan>()).All(d =>
            other.Destinations!.TryGetValue(d.Key, out var age) && age == d.Value
        );

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MinimumAge, Destinations?.Count ?? 0);
}
