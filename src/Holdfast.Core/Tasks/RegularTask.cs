using Holdfast.Core.Databases;

namespace Holdfast.Core.Tasks;

/// <summary>A backup task of a single database.</summary>
public sealed record RegularTask
{
    /// <summary>Its id; never changes. 20 hexadecimal digits, or 10 if created by 0.1.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, unique among the tasks of its database, case-insensitive.</summary>
    public required string Name { get; init; }

    /// <summary>Its database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Its settings.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>Tag of the node that should run it while it can; null for any.</summary>
    public string? PreferredNode { get; init; }

    /// <summary>Slots before this time do not count: when the task was created, or its schedule changed.</summary>
    public required DateTimeOffset ScheduledSince { get; init; }
}
