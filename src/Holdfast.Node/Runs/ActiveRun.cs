using Holdfast.Core.Databases;
using Holdfast.Core.Runs;

namespace Holdfast.Node.Runs;

/// <summary>A run whose databases are held in memory. All of it is under the lock of its registry.</summary>
internal sealed class ActiveRun(Run head, Dictionary<string, (DatabaseId Database, long Bytes)> due)
{
    /// <summary>Its head; the numbers in it are not kept up.</summary>
    public Run Head { get; } = head;

    /// <summary>The databases that were due, by the ids of their tasks.</summary>
    public Dictionary<string, (DatabaseId Database, long Bytes)> Due { get; } = due;

    /// <summary>What became of them, by the ids of their tasks.</summary>
    public Dictionary<string, RunEntry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether more operations are being added to what somebody asked for.</summary>
    public bool IsAccepting { get; set; }

    /// <summary>How many of <see cref="Due"/> are stored; those that are there never go.</summary>
    public int StoredDueCount { get; set; }

    /// <summary>Whether it has changed since it was stored.</summary>
    public bool IsChanged { get; set; } = true;

    /// <summary>It, with its numbers.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="isHeldUp">Whether a task that is due may not begin.</param>
    public Run Snapshot(DateTimeOffset now, Func<string, bool> isHeldUp)
    {
        var run = RunAggregator.Aggregate(Head, Due, Entries, now, isHeldUp);
        return IsAccepting ? run with { Ended = null } : run;
    }
}
