using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>A chain's folder at a destination.</summary>
/// <param name="Path">Its path there.</param>
/// <param name="Name">Its folder name.</param>
/// <param name="Archives">
/// What is published in it, by the times in their names. How they follow each other only their parent ids tell.
/// </param>
/// <param name="Leftovers">Paths of files that runs which were killed have left.</param>
public sealed record StoredChain(string Path, ChainName Name, IReadOnlyList<StoredArchive> Archives, IReadOnlyList<string> Leftovers)
{
    /// <summary>Whether its full archive is there.</summary>
    public bool HasFull => Archives.Any(a => a.Name.FileType != ArchiveFileType.IncrementalBackup);

    /// <summary>
    /// Whether its name or that of one of its archives lies too far ahead: see
    /// <see cref="TimeStamp.IsBeyondClockSkew"/>.
    /// </summary>
    public bool HasFutureName(DateTimeOffset now) => Times.Any(t => TimeStamp.IsBeyondClockSkew(t, now));

    /// <summary>
    /// The latest time in its name and those of its archives, of those that do not lie too far ahead; the earliest of
    /// all times where there is none.
    /// </summary>
    public DateTimeOffset NewestUntil(DateTimeOffset now) => Times.Where(t => !TimeStamp.IsBeyondClockSkew(t, now)).DefaultIfEmpty().Max();

    /// <summary>
    /// Paths of indexes that lie there without an archive and are later than every archive: one was written after these
    /// and is gone, or its backup was killed.
    /// </summary>
    public IEnumerable<string> OrphanedIndexes =>
        Leftovers.Where(path =>
            path.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal)
            && path[(path.LastIndexOf('/') + 1)..] is { Length: > TimeStamp.Length } name
            && TimeStamp.TryParse(name[..TimeStamp.Length], out var time)
            && time > NewestTime
        );

    private IEnumerable<DateTimeOffset> Times => Archives.Select(a => a.Name.Time).Append(Name.Time);

    /// <summary>The latest time in a name of its archives; the earliest of all times where it has none.</summary>
    public DateTimeOffset NewestTime => Archives.Select(a => a.Name.Time).DefaultIfEmpty().Max();
}
