using Holdfast.Core.Databases;

namespace Holdfast.Core.Tasks;

/// <summary>A backup task that was defined on one database alone.</summary>
public sealed record RegularTask
{
    /// <summary>Never changes: 20 hexadecimal digits, or 10 where 0.1 made it.</summary>
    public required string Id { get; init; }

    /// <summary>Name, unique among the tasks of its database without regard to case.</summary>
    public required string Name { get; init; }

    /// <summary>Its database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>What it does.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>Tag of the node that should run it while it can; null for any.</summary>
    public string? PreferredNode { get; init; }

    /// <summary>Slots before this time do not count: when the task was made, or its schedule changed.</summary>
    public required DateTimeOffset ScheduledSince { get; init; }
}
