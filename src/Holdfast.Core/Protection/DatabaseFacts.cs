using Holdfast.Core.Databases;

namespace Holdfast.Core.Protection;

/// <summary>All that is known of one database when its state is decided.</summary>
/// <param name="Now">The moment.</param>
/// <param name="Zone">Time zone of schedules that name none.</param>
/// <param name="Record">The database, as discovery knows it.</param>
/// <param name="Tasks">Its tasks, those that are switched off too.</param>
/// <param name="MissingSince">
/// Since when its source has not shown it, while nobody has confirmed that it was dropped; null where it is there.
/// </param>
public sealed record DatabaseFacts(
    DateTimeOffset Now,
    TimeZoneInfo Zone,
    DatabaseRecord Record,
    IReadOnlyList<TaskFacts> Tasks,
    DateTimeOffset? MissingSince = null
)
{
    /// <summary>Whether the node has its source. Matters only while it is missing.</summary>
    public bool HasSource { get; init; } = true;
}
