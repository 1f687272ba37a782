using Holdfast.Core.Databases;
using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog;

/// <summary>A chain as the catalog knows it.</summary>
/// <param name="Path">Path of its folder, the same at every destination.</param>
/// <param name="Database">The database that it is of, by its folder.</param>
/// <param name="Task">Id of its task; null for one-time and offline backups.</param>
/// <param name="Entries">Its archives, the oldest first. Each builds on the one before it.</param>
public sealed record CatalogChain(string Path, DatabaseId Database, string? Task, IReadOnlyList<CatalogEntry> Entries)
{
    /// <summary>The destinations where any archive of it is, or was.</summary>
    public IEnumerable<string> Destinations =>
        Entries.SelectMany(e => e.Copies).Select(c => c.Destination).Distinct(StringComparer.Ordinal);

    /// <summary>Whether its name lies too far ahead: see <see cref="TimeStamp.IsBeyondClockSkew"/>.</summary>
    public bool HasFutureName(DateTimeOffset now) =>
        ChainName.TryParse(Path[(Path.LastIndexOf('/') + 1)..]) is { } name && TimeStamp.IsBeyondClockSkew(name.Time, now);

    /// <summary>The archive with this file name; null where there is none.</summary>
    public CatalogEntry? Find(string name) => Entries.FirstOrDefault(e => e.Archive.Name == name);

    /// <summary>
    /// Its full archive, on which all others build; null where none is known, and what is known of it builds on
    /// something that nobody knows.
    /// </summary>
    public CatalogEntry? Full =>
        Entries is [var first, ..] && ArchiveName.TryParse(first.Archive.Name) is not { FileType: ArchiveFileType.IncrementalBackup }
            ? first
            : null;

    /// <summary>The newest archive that a destination holds with all that it builds on; null where it holds none.</summary>
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

    /// <summary>The newest archive that any one destination holds with all that it builds on; null where none does.</summary>
    public CatalogEntry? NewestComplete() =>
        Destinations.Select(NewestCompleteAt).OfType<CatalogEntry>().MaxBy(e => e.Archive.Name, StringComparer.Ordinal);
}
