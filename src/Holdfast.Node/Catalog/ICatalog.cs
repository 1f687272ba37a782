using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Protection;

namespace Holdfast.Node.Catalog;

/// <summary>
/// What this node knows about every archive: what was written, and the state of its copy at each destination. The catalog is not
/// shared and can be rebuilt: an archive that it does not know is unrecorded, never damaged. All members are thread-safe. Those
/// that read the file throw a <see cref="HoldfastException"/> (<see cref="ErrorCatalog.StateUnavailable"/>) if it cannot be read,
/// which differs from knowing nothing.
/// </summary>
public interface ICatalog : IAsyncDisposable
{
    /// <summary>Raised when the known problems have changed. Must not block.</summary>
    event Action? Changed;

    /// <summary>Why nothing can be stored at the moment; null if it can.</summary>
    HoldfastException? Problem { get; }

    /// <summary>Path of the marker that says that the catalog file was lost and recreated empty; null if there is none.</summary>
    string? LostMarker { get; }

    /// <summary>Confirms at the start that no backup exists yet, so that a newly created catalog has lost nothing.</summary>
    void ConfirmEmpty();

    /// <summary>Checks whether the file still exists; if not, <see cref="Problem"/> says so.</summary>
    void CheckFile();

    /// <summary>
    /// Path of a damaged catalog that was replaced, so that only a part of its records is known; null if there is none.
    /// </summary>
    string? DamagedFile { get; }

    /// <summary>The folders of databases at remote destinations that need not be listed.</summary>
    KnownFolders Folders { get; }

    /// <summary>The known problems of each database and destination.</summary>
    IReadOnlyList<ArchiveAlertInput> CopyProblems { get; }

    /// <summary>The known problems of the newest backups of a database by one task; null for none. Read from memory.</summary>
    /// <param name="task">Id of the task; null for one-time and offline backups.</param>
    /// <param name="database">The database.</param>
    KnownBackupProblems? KnownProblemsOf(string? task, DatabaseId database);

    /// <summary>The chain with this path; null if unknown.</summary>
    CatalogChain? Find(string path);

    /// <summary>The newest chain of a task; null if none is known.</summary>
    CatalogChain? NewestOf(DatabaseId database, string? task);

    /// <summary>All chains of a database, the oldest first.</summary>
    IReadOnlyList<CatalogChain> ChainsOf(DatabaseId database);

    /// <summary>When the chains of a task were last verified, at each destination that has a part of them.</summary>
    IReadOnlyList<ChainVerification> VerificationsOf(DatabaseId database, string? task);

    /// <summary>
    /// The stored ids of a database's chains by their paths, in the form that <see cref="RecordAsync"/> received; without chains of which
    /// none are stored.
    /// </summary>
    IReadOnlyDictionary<string, byte[]> FindChainIds(DatabaseId database);

    /// <summary>
    /// Stores the ids of a chain as <see cref="RecordAsync"/> does; does nothing if the chain is unknown, or has ids: those of a backup are
    /// newer.
    /// </summary>
    /// <param name="chain">Path of the chain's folder.</param>
    /// <param name="ids">The ids, sealed as the chain's indexes are.</param>
    /// <exception cref="HoldfastException">As <see cref="RecordAsync"/>.</exception>
    Task StoreChainIdsAsync(string chain, byte[] ids);

    /// <summary>Path of the archive with this id; null if unknown.</summary>
    string? PathOf(string id);

    /// <summary>All databases of which an archive is known.</summary>
    IReadOnlyList<DatabaseId> Databases();

    /// <summary>
    /// Records an archive that was published at these destinations. Stored when this returns; concurrent calls share one flush.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/> or <see cref="ErrorCatalog.StateFull"/>.
    /// </exception>
    /// <param name="chain">Path of the chain's folder.</param>
    /// <param name="database">The database.</param>
    /// <param name="task">Id of the task; null for one-time and offline backups.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="locations">The destinations that have it.</param>
    /// <param name="publication">Set if this settles a publication; see <see cref="KnownFolders.BeginPublicationAsync"/>.</param>
    Task RecordAsync(
        string chain,
        DatabaseId database,
        string? task,
        CatalogArchive archive,
        IReadOnlyCollection<CopyLocation> locations,
        ArchivePublication? publication = null
    );

    /// <summary>
    /// Records findings. A problem is recorded only for a copy that the catalog has, so that a copy that was deleted meanwhile
    /// stays forgotten.
    /// </summary>
    /// <exception cref="HoldfastException">As <see cref="RecordAsync"/>.</exception>
    Task RecordFindingsAsync(DatabaseId database, string? task, IReadOnlyList<CopyFinding> findings);

    /// <summary>
    /// Forgets a chain at one destination. Call it before deleting the chain there, so that it is not considered missing.
    /// </summary>
    Task ForgetAsync(string destination, string chain);

    /// <summary>
    /// Sets the identities of all destinations; every other name refers to none. Does not wait until this is stored.
    /// </summary>
    /// <param name="identities">Identities by the names of the destinations.</param>
    void SetDestinationIdentities(IReadOnlyDictionary<string, string> identities);

    /// <summary>
    /// Sets the identity that the name of a destination refers to from now on. The records of the former root are kept until it is
    /// defined again under any name. Does not wait until this is stored.
    /// </summary>
    /// <param name="destination">The name.</param>
    /// <param name="identity">The identity; null if the name refers to none.</param>
    void SetDestinationIdentity(string destination, string? identity);

    /// <summary>
    /// Acknowledges the missing archives of a destination, or of one database there: they no longer raise an alert.
    /// </summary>
    /// <returns>The number of acknowledged archives.</returns>
    Task<int> AcknowledgeAsync(string destination, DatabaseId? database);
}
