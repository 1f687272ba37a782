using Holdfast.Archive.Format;
using Holdfast.Archive.Writing;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Auditing;

namespace Holdfast.Node.Catalog;

/// <summary>The catalog as one backup uses it.</summary>
/// <param name="catalog">The catalog.</param>
/// <param name="places">The backup's destinations as they were opened, in their order.</param>
/// <param name="time">The clock.</param>
public sealed class BackupCatalog(ICatalog catalog, IReadOnlyList<CopyLocation> places, TimeProvider time)
{
    /// <summary>The catalog.</summary>
    public ICatalog Catalog { get; } = catalog;

    /// <summary>The destinations.</summary>
    public IReadOnlyList<CopyLocation> Locations { get; } = places;

    /// <summary>The newest archive that the state knows of the task; null where it knows of none.</summary>
    public RecordedHead? Head { get; init; }

    /// <summary>The time now.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Records what was published, before the run is told to be done.</summary>
    /// <param name="path">Path of the archive.</param>
    /// <param name="header">Its header.</param>
    /// <param name="summary">What writing it came to.</param>
    /// <param name="failures">Where it was not published, by the order of the destinations.</param>
    /// <returns>A warning where it could not be recorded: the archive is there all the same.</returns>
    public async Task<string?> RecordAsync(
        string path,
        ArchiveHeader header,
        ArchiveSummary summary,
        IReadOnlyList<HoldfastException?> failures
    )
    {
        var slash = path.LastIndexOf('/');
        var archive = new CatalogArchive
        {
            Name = path[(slash + 1)..],
            Length = summary.StoredBytes,
            Id = header.Id,
            Chain = header.Chain,
            Parent = header.Parent,
            Sha256 = summary.StoredSha256,
            ManifestSha256 = summary.ManifestSha256,
            IndexLength = summary.IndexBytes,
            IndexSha256 = summary.IndexSha256,
            Started = header.StartTime,
        };
        try
        {
            await Catalog.RecordAsync(
                path[..slash],
                DatabaseId.Parse(header.Database),
                header.Task,
                archive,
                [.. Locations.Where((_, i) => failures[i] is null)]
            );
            return null;
        }
        catch (HoldfastException e)
        {
            return $"NOT recorded in the catalog: {e.Message}";
        }
    }
}
