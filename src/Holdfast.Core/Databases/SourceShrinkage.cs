namespace Holdfast.Core.Databases;

/// <summary>
/// Detects that a source has lost so many databases, at once or within a day, that the source itself is suspect: not mounted, emptied, or
/// replaced by another one.
/// </summary>
public static class SourceShrinkage
{
    /// <summary>From this number of databases on, losing half of them is suspicious.</summary>
    private const int MinDatabasesForHalfRule = 4;

    /// <summary>Losses within this window are counted together.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromDays(1);

    /// <summary>Whether an operator has to confirm the loss before any of these databases counts as dropped.</summary>
    /// <param name="known">Number of databases before.</param>
    /// <param name="lost">Number of them that are gone.</param>
    public static bool IsSuspicious(int known, int lost) =>
        lost > 0 && (lost >= known || (known >= MinDatabasesForHalfRule && lost > known / 2.0));

    /// <summary>
    /// Returns the databases dropped within the last day if, together with those lost now, they are suspiciously many; otherwise nothing.
    /// Only databases that existed at the start of that day, and had for a day or since the source is known, are counted (short-lived ones
    /// come and go). Renamed databases and drops that an operator has confirmed do not count.
    /// </summary>
    /// <param name="records">The records of all databases of the source, including dropped ones.</param>
    /// <param name="lost">Databases of the previous discovery that are gone; at least one.</param>
    /// <param name="isFound">Whether discovery found a database: a dropped one may have come back.</param>
    /// <param name="now">The current time.</param>
    public static IReadOnlyList<DatabaseRecord> FindGradualLosses(
        IReadOnlyCollection<DatabaseRecord> records,
        IReadOnlySet<DatabaseId> lost,
        Func<DatabaseId, bool> isFound,
        DateTimeOffset now
    )
    {
        var (first, settled) = (records.Min(r => r.FirstSeen), now - (2 * Window));
        if (first > settled)
        {
            settled = first;
        }
        var existing = records
            .Where(r => r.FirstSeen <= settled && !r.IsDropConfirmed && (r.Dropped is null || r.Dropped > now - Window))
            .ToList();
        var dropped = existing.Where(r => r is { Dropped: not null, RenamedTo: null } && !isFound(r.Id)).ToList();
        return dropped.Count > 0 && IsSuspicious(existing.Count, dropped.Count + existing.Count(r => lost.Contains(r.Id))) ? dropped : [];
    }
}
