namespace Holdfast.Core.Databases;

/// <summary>
/// Tells whether a source has lost so many databases, at once or within a day, that something is wrong with the source:
/// not mounted, emptied, or another one.
/// </summary>
public static class SourceShrinkage
{
    /// <summary>With so many databases and more, half of them and more is too many.</summary>
    private const int MinDatabasesForHalfRule = 4;

    /// <summary>What is lost within this time counts together.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromDays(1);

    /// <summary>Whether the loss has to be confirmed by an operator before any of these databases counts as dropped.</summary>
    /// <param name="known">Databases that were there, 0 and more.</param>
    /// <param name="lost">How many of them are not there any more.</param>
    public static bool IsSuspicious(int known, int lost) =>
        lost > 0 && (lost >= known || (known >= MinDatabasesForHalfRule && lost > known / 2.0));

    /// <summary>
    /// The databases that were dropped within the last day, where they are too many together with those that are lost
    /// now: of those that were there at its
    /// beginning and for a day before, or since the source is known. (What lives for hours comes and goes.) Renamed
    /// ones are not lost, and what an operator
    /// has confirmed does not count. Nothing where they are not too many.
    /// </summary>
    /// <param name="records">The records of all databases of the source, those of dropped ones too.</param>
    /// <param name="lost">Those that were there at the last look, and are not to be found any more; one and more.</param>
    /// <param name="isFound">Whether a database is to be found: one that was dropped may be back.</param>
    /// <param name="now">The moment.</param>
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
        var there = records
            .Where(r => r.FirstSeen <= settled && !r.IsDropConfirmed && (r.Dropped is null || r.Dropped > now - Window))
            .ToList();
        var dropped = there.Where(r => r is { Dropped: not null, RenamedTo: null } && !isFound(r.Id)).ToList();
        return dropped.Count > 0 && IsSuspicious(there.Count, dropped.Count + there.Count(r => lost.Contains(r.Id))) ? dropped : [];
    }
}
