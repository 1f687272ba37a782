using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>The folder of a chain at a destination.</summary>
/// <param name="Path">Its path at the destination.</param>
/// <param name="Name">Its folder name.</param>
/// <param name="Archives">
/// The published archives, by the times in their names. Only their parent ids determine how they follow each other.
/// </param>
/// <param name="Leftovers">Paths of files that killed runs left.</param>
public sealed record StoredChain(string Path, ChainName Name, IReadOnlyList<StoredArchive> Archives, IReadOnlyList<string> Leftovers)
{
    /// <summary>When leftovers were last changed, by the destination's clock; without those whose times are unknown.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> LeftoverTimes { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>Whether a leftover was last changed before a time.</summary>
    /// <param name="leftover">Its path.</param>
    /// <param name="time">The time, by the destination's clock.</param>
    public bool IsOlderThan(string leftover, DateTimeOffset time) => LeftoverTimes.TryGetValue(leftover, out var at) && at < time;

    /// <summary>Whether its full archive exists.</summary>
    public bool HasFull => Archives.Any(a => a.Name.FileType != ArchiveFileType.IncrementalBackup);

    /// <summary>
    /// Whether its name or that of one of its archives is too far in the future: see <see cref="TimeStamp.IsBeyondClockSkew"/>.
    /// </summary>
    public bool HasFutureName(DateTimeOffset now) => Times.Any(t => TimeStamp.IsBeyondClockSkew(t, now));

    /// <summary>
    /// The latest time in its name and those of its archives, ignoring names too far in the future; <see
    /// cref="DateTimeOffset.MinValue"/> if there is none.
    /// </summary>
    public DateTimeOffset NewestUntil(DateTimeOffset now) => Times.Where(t => !TimeStamp.IsBeyondClockSkew(t, now)).DefaultIfEmpty().Max();

    /// <summary>
    /// Paths of indexes without an archive that are later than every archive: an archive was written after these and is gone, or
    /// its backup was killed.
    /// </summary>
    public IEnumerable<string> OrphanedIndexes =>
        Leftovers.Where(path =>
            path.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal)
            && path[(path.LastIndexOf('/') + 1)..] is { Length: > TimeStamp.Length } name
            && TimeStamp.TryParse(name[..TimeStamp.Length], out var time)
            && time > NewestTime
        );

    private IEnumerable<DateTimeOffset> Times => Archives.Select(a => a.Name.Time).Append(Name.Time);

    /// <summary>The latest time in a name of its archives; <see cref="DateTimeOffset.MinValue"/> if it has none.</summary>
    public DateTimeOffset NewestTime => Archives.Select(a => a.Name.Time).DefaultIfEmpty().Max();
}
