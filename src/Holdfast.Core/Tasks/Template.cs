namespace Holdfast.Core.Tasks;

/// <summary>
/// A server-wide backup task: a rule that covers every database except those excluded. Its tasks are derived from it, never stored.
/// </summary>
public sealed record Template
{
    /// <summary>Its id; never changes, so history survives edits and renames. 20 hexadecimal digits, or 10 if created by 0.1.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Number of hexadecimal digits of the ids of its tasks, an even number up to 64; null if created by 0.1, whose tasks keep their 10.
    /// See <see cref="TaskDerivation.IdDigits"/>.
    /// </summary>
    public int? TaskIdDigits { get; init; }

    /// <summary>Its name, unique, case-insensitive.</summary>
    public required string Name { get; init; }

    /// <summary>The settings of its tasks.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>
    /// Ids of databases that it does not cover, or globs over them, case-insensitive. They may name databases that do not exist yet.
    /// </summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>
    /// Window over which the starts of its tasks are staggered. Default none; shorter than the shortest period of its schedules.
    /// </summary>
    public TimeSpan Spread { get; init; }

    /// <summary>Slots before this time do not count: when the template was created, or its schedule changed.</summary>
    public required DateTimeOffset ScheduledSince { get; init; }
}
