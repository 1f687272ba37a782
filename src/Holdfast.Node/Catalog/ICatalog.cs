using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Protection;

namespace Holdfast.Node.Catalog;

/// <summary>
/// What this node knows of every archive: what was written, and what is known of it at each destination. It is not
/// shared and can be rebuilt: an archive
/// that it does not know is unrecorded, never damaged. All members may be called by several tasks at once. Those that read the file throw a
/// <see cref="HoldfastException"/> (<see cref="ErrorCatalogue.StateUnavailable"/>) where it cannot be read: that is not
/// the same as to know nothing.
/// </summary>
public interface ICatalog : IAsyncDisposable
{
    /// <summary>Told when what is known to be wrong has changed. Must not block.</summary>
    event Action? Changed;

    /// <summary>Why nothing can be stored at the moment; null where it can.</summary>
    HoldfastException? Problem { get; }

    /// <summary>
    /// Path of the mark that the catalog was begun without a file: what was known of archives is forgotten. Null where
    /// there is none.
    /// </summary>
    string? LostMarker { get; }

    /// <summary>Told at the start that no backup was made before: a catalog that was begun without a file has lost nothing.</summary>
    void ConfirmEmpty();

    /// <summary>Looks whether the file is still there; <see cref="Problem"/> says so where it is not.</summary>
    void CheckFile();

    /// <summary>
    /// Path of a catalog that was damaged, so that it was begun anew: what it knew is only partly known now. Null where
    /// there is none.
    /// </summary>
    string? DamagedFile { get; }

    /// <summary>What is wrong, for each database and destination where something is.</summary>
    IReadOnlyList<ArchiveAlertInput> CopyProblems { get; }

    /// <summary>What is known to be wrong with the newest backups of a database by one task; null for nothing. Read from memory.</summary>
    /// <param name="task">Id of the task; null for one-time and offline backups.</param>
    /// <param name="database">The database.</param>
    KnownBackupProblems? KnownProblemsOf(string? task, DatabaseId database);

    /// <summary>A chain by the path of its folder; null where it is not known.</summary>
    CatalogChain? Find(string path);

    /// <summary>The newest chain of a task; null where none is known.</summary>
    CatalogChain? NewestOf(DatabaseId database, string? task);

    /// <summary>Every chain of a database, the oldest first.</summary>
    IReadOnlyList<CatalogChain> ChainsOf(DatabaseId database);

    /// <summary>When the chains of a task were verified, at each destination that has any of it.</summary>
    IReadOnlyList<ChainVerification> VerificationsOf(DatabaseId database, string? task);

    /// <summary>Path of the archive with this id; null where it is not known.</summary>
    string? PathOf(string id);

    /// <summary>The databases of which any archive is known.</summary>
    IReadOnlyList<DatabaseId> Databases();

    /// <summary>
    /// Records an archive that was published at these destinations. Stored when it returns; those that come together
    /// share one flush.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.StateUnavailable"/> or <see cref="ErrorCatalogue.StateFull"/>.
    /// </exception>
    Task RecordAsync(string chain, DatabaseId database, string? task, CatalogArchive archive, IReadOnlyCollection<CopyLocation> places);

    /// <summary>
    /// Takes what was found. A problem is taken only of a copy that the catalog has: one that was deleted meanwhile
    /// stays forgotten.
    /// </summary>
    /// <exception cref="HoldfastException">As <see cref="RecordAsync"/>.</exception>
    Task RecordFindingsAsync(DatabaseId database, string? task, IReadOnlyList<CopyFinding> findings);

    /// <summary>Forgets a chain at one destination: before it is deleted there, so that nobody takes it for missing.</summary>
    Task ForgetAsync(string destination, string chain);

    /// <summary>Takes which places the names of destinations mean; every other name means none. Does not wait until it is stored.</summary>
    /// <param name="identities">Identity of each place, by the name of its destination.</param>
    void SetDestinationIdentities(IReadOnlyDictionary<string, string> identities);

    /// <summary>
    /// Takes which place the name of a destination means from now on; what is known of the place that it meant before
    /// is kept for the day when that is
    /// defined again, under whatever name. Does not wait until it is stored.
    /// </summary>
    /// <param name="destination">The name.</param>
    /// <param name="identity">Identity of the place; null where it means none.</param>
    void SetDestinationIdentity(string destination, string? identity);

    /// <summary>
    /// Takes the missing archives of a destination, or of one database there, as known to an operator: they are no
    /// alert any more.
    /// </summary>
    /// <returns>How many they were.</returns>
    Task<int> AcknowledgeAsync(string destination, DatabaseId? database);
}
