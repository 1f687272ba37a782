namespace Holdfast.Core.Tasks;

/// <summary>
/// A server-wide backup task: a rule that covers every database except those excluded. Its tasks are derived from it,
/// never stored.
/// </summary>
public sealed record Template
{
    /// <summary>Never changes, so history survives edits and renames: 20 hexadecimal digits, or 10 of those that 0.1 made.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Hexadecimal digits of the ids of its tasks, an even number up to 64; null for those that 0.1 made, whose tasks
    /// keep their 10. See <see cref="TaskDerivation.IdDigits"/>.
    /// </summary>
    public int? TaskIdDigits { get; init; }

    /// <summary>Name, unique without regard to case.</summary>
    public required string Name { get; init; }

    /// <summary>What its tasks do.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>
    /// Database ids and globs over them that it does not cover, without regard to case; they may name databases that do
    /// not exist yet.
    /// </summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>
    /// Window over which the starts of its tasks are staggered. Default none; less than the shortest period of its
    /// schedules.
    /// </summary>
    public TimeSpan Spread { get; init; }

    /// <summary>Slots before this time do not count: when the template was made, or its schedule changed.</summary>
    public required DateTimeOffset ScheduledSince { get; init; }
}
