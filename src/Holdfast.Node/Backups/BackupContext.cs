using Holdfast.Core.Encryption;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node.Catalog;

namespace Holdfast.Node.Backups;

/// <summary>What every <see cref="BackupAttempt"/> of one backup works with.</summary>
/// <param name="Engine">Name of the database's engine.</param>
/// <param name="Source">Where the database is.</param>
/// <param name="Database">The database.</param>
/// <param name="Key">Its key, where it is encrypted and the key is known.</param>
/// <param name="Destinations">1 and more, in the task's order.</param>
/// <param name="Options">What is asked for.</param>
/// <param name="Meter">Told how far it is, and of each step.</param>
/// <param name="OnPublishing">Called when the database has been read to its end and only publishing is left.</param>
/// <param name="Time">The clock.</param>
/// <param name="Catalog">What is known of the archives; null where there is no catalog.</param>
internal sealed record BackupContext(
    string Engine,
    IDatabaseSource Source,
    DiscoveredDatabase Database,
    DatabaseKey? Key,
    IReadOnlyList<IDestination> Destinations,
    BackupOptions Options,
    BackupMeter Meter,
    Action OnPublishing,
    TimeProvider Time,
    BackupCatalog? Catalog
)
{
    /// <summary>Whether a comparison in full has found a difference that the database's own change token denies.</summary>
    public bool HasUndetectedChange { get; init; }

    /// <summary>Why a snapshot is made where a logical backup was asked for; null where this is what was asked for.</summary>
    public string? SnapshotFallbackReason { get; init; }
}
