using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Writing;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog;

/// <summary>The catalog from the perspective of one backup.</summary>
/// <param name="catalog">The catalog.</param>
/// <param name="locations">The backup's opened destinations, in order.</param>
/// <param name="time">The clock.</param>
public sealed class BackupCatalog(ICatalog catalog, IReadOnlyList<CopyLocation> locations, TimeProvider time)
{
    /// <summary>The catalog.</summary>
    public ICatalog Catalog { get; } = catalog;

    /// <summary>The destinations.</summary>
    public IReadOnlyList<CopyLocation> Locations { get; } = locations;

    /// <summary>The newest archive of the task according to the state; null if the state knows none.</summary>
    public RecordedHead? Head { get; init; }

    /// <summary>The current time.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Keeps indexes on this node; null if there is no such cache.</summary>
    public IndexCache? Indexes { get; init; }

    /// <inheritdoc cref="FolderComparison.ListAndRecordAsync"/>
    /// <param name="location">The destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database.</param>
    /// <param name="task">The task of this backup: nothing else publishes its archives meanwhile.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    public Task<IReadOnlyList<StoredChain>> ListAndRecordAsync(
        CopyLocation location,
        IDestination opened,
        DatabaseId database,
        string? task,
        CancellationToken cancellationToken
    ) => new FolderComparison(Catalog, time).ListAndRecordAsync(location, opened, database, [task], cancellationToken);

    /// <inheritdoc cref="KnownFolders.BeginPublicationAsync"/>
    /// <param name="destinations">The remote destinations that take part, by their numbers.</param>
    /// <param name="database">The database.</param>
    /// <param name="task">The task of this backup.</param>
    public Task BeginPublicationAsync(IEnumerable<int> destinations, DatabaseId database, string? task) =>
        Catalog.Folders.BeginPublicationAsync([.. destinations.Select(i => Locations[i])], database, task);

    /// <summary>The ids of a chain with an archive that is about to be recorded, for other servers.</summary>
    /// <param name="path">Path of the archive.</param>
    /// <param name="header">Its header.</param>
    /// <param name="summary">The result of writing it.</param>
    /// <param name="protection">Encryption of its index; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">The catalog cannot be read.</exception>
    public Task<byte[]> SealIdsAsync(
        string path,
        ArchiveHeader header,
        ArchiveSummary summary,
        AgeProtection? protection,
        CancellationToken cancellationToken
    )
    {
        var slash = path.LastIndexOf('/');
        var older = Catalog.Find(path[..slash])?.Entries.Select(e => e.Archive).Where(a => a.IsRecorded) ?? [];
        var ids = new SharedChainIds(
            header.Chain,
            header.Database,
            [
                .. older.Select(a => new SharedArchiveIds(a.Name, a.Id!, a.Parent, a.ManifestSha256, a.Started)),
                new(path[(slash + 1)..], header.Id, header.Parent, summary.ManifestSha256, header.StartTime),
            ]
        );
        return SharedCatalogFormat.SealAsync(ids, protection, cancellationToken);
    }

    /// <summary>Writes what is known about the folder of a database for other servers.</summary>
    /// <param name="index">Number of the destination.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="header">Header of the archive that was published there.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">The destination or the catalog has failed, or another program has replaced the file.</exception>
    public Task ShareAsync(int index, IDestination destination, ArchiveHeader header, CancellationToken cancellationToken) =>
        new SharedCatalogWriter(Catalog, time, header.Node).WriteAsync(
            Locations[index],
            destination,
            DatabaseId.Parse(header.Database),
            cancellationToken
        );

    /// <summary>Records a published archive, before the backup is reported as done.</summary>
    /// <param name="path">Path of the archive.</param>
    /// <param name="header">Its header.</param>
    /// <param name="summary">The result of writing it.</param>
    /// <param name="failures">
    /// Failures to publish it, in the order of the destinations. Where the outcome is unknown, the folder is listed by the next backup.
    /// </param>
    /// <param name="publication">Set if it was published at remote destinations.</param>
    /// <returns>A warning if it could not be recorded: the archive exists anyway.</returns>
    public async Task<string?> RecordAsync(
        string path,
        ArchiveHeader header,
        ArchiveSummary summary,
        IReadOnlyList<HoldfastException?> failures,
        ArchivePublication? publication = null
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
        var database = DatabaseId.Parse(header.Database);
        List<CopyLocation> stored = [.. Locations.Where((_, i) => failures[i] is null)];
        try
        {
            await Catalog.RecordAsync(path[..slash], database, header.Task, archive, stored, publication);
            return null;
        }
        catch (HoldfastException e)
        {
            return $"NOT recorded in the catalog: {e.Message}";
        }
    }
}
