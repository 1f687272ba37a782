using Holdfast.Core.Databases;
using Holdfast.Core.Runs;

namespace Holdfast.Node.Runs;

/// <summary>A run that is kept in memory. Guarded by the lock of its registry.</summary>
internal sealed class ActiveRun(Run head, Dictionary<string, (DatabaseId Database, long Bytes)> due)
{
    /// <summary>The stored run; its counters are not updated here.</summary>
    public Run Head { get; } = head;

    /// <summary>The databases that were due, by the ids of their tasks.</summary>
    public Dictionary<string, (DatabaseId Database, long Bytes)> Due { get; } = due;

    /// <summary>The operation of each database, by the ids of their tasks.</summary>
    public Dictionary<string, RunEntry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether operations are still being added to a manual run.</summary>
    public bool IsAccepting { get; set; }

    /// <summary>How many of <see cref="Due"/> are stored; entries are never removed.</summary>
    public int StoredDueCount { get; set; }

    /// <summary>Whether it has changed since it was last stored.</summary>
    public bool IsChanged { get; set; } = true;

    /// <summary>The run with its current counters.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="isBlocked">Whether a due task cannot start now.</param>
    public Run Snapshot(DateTimeOffset now, Func<string, bool> isBlocked)
    {
        var run = RunAggregator.Aggregate(Head, Due, Entries, now, isBlocked);
        return IsAccepting ? run with { Ended = null } : run;
    }
}
