using Holdfast.Core.Databases;

namespace Holdfast.Core.Protection;

/// <summary>Everything known about one database when its protection is evaluated.</summary>
/// <param name="Now">The current time.</param>
/// <param name="Zone">Time zone of schedules that set none.</param>
/// <param name="Record">The discovered database.</param>
/// <param name="Tasks">Its tasks, including disabled ones.</param>
/// <param name="MissingSince">Since when it is missing at its source without a confirmed drop; null if it exists.</param>
public sealed record DatabaseFacts(
    DateTimeOffset Now,
    TimeZoneInfo Zone,
    DatabaseRecord Record,
    IReadOnlyList<TaskFacts> Tasks,
    DateTimeOffset? MissingSince = null
)
{
    /// <summary>Whether the node has its source. Used only while the database is missing.</summary>
    public bool HasSource { get; init; } = true;
}
