using Holdfast.Core.Databases;
using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog;

/// <summary>A chain in the catalog.</summary>
/// <param name="Path">Path of its folder, the same at every destination.</param>
/// <param name="Database">The database of the chain, by its folder.</param>
/// <param name="Task">Id of its task; null for one-time and offline backups.</param>
/// <param name="Entries">Its archives, the oldest first. Each builds on the previous one.</param>
public sealed record CatalogChain(string Path, DatabaseId Database, string? Task, IReadOnlyList<CatalogEntry> Entries)
{
    /// <summary>All destinations that have, or had, an archive of the chain.</summary>
    public IEnumerable<string> Destinations =>
        Entries.SelectMany(e => e.Copies).Select(c => c.Destination).Distinct(StringComparer.Ordinal);

    /// <summary>Whether its name is too far in the future: see <see cref="TimeStamp.IsBeyondClockSkew"/>.</summary>
    public bool HasFutureName(DateTimeOffset now) =>
        ChainName.TryParse(Path[(Path.LastIndexOf('/') + 1)..]) is { } name && TimeStamp.IsBeyondClockSkew(name.Time, now);

    /// <summary>The archive with this file name; null if there is none.</summary>
    public CatalogEntry? Find(string name) => Entries.FirstOrDefault(e => e.Archive.Name == name);

    /// <summary>
    /// Its full archive, on which all others build; null if unknown, in which case the known archives build on an unknown one.
    /// </summary>
    public CatalogEntry? Full =>
        Entries is [var first, ..] && ArchiveName.TryParse(first.Archive.Name) is not { FileType: ArchiveFileType.IncrementalBackup }
            ? first
            : null;

    /// <summary>
    /// The newest archive that a destination has together with all archives that it builds on; null if there is none.
    /// </summary>
    public CatalogEntry? NewestCompleteAt(string destination)
    {
        CatalogEntry? newest = null;
        if (Full is null)
        {
            return null;
        }
        foreach (var entry in Entries)
        {
            if (entry.CopyAt(destination) is not { IsRestorable: true })
            {
                break;
            }
            newest = entry;
        }

        return newest;
    }

    /// <summary>
    /// The newest archive that any single destination has together with all archives that it builds on; null if there is none.
    /// </summary>
    public CatalogEntry? NewestComplete() =>
        Destinations.Select(NewestCompleteAt).OfType<CatalogEntry>().MaxBy(e => e.Archive.Name, StringComparer.Ordinal);
}
