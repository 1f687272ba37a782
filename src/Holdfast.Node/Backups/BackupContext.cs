using Holdfast.Core.Encryption;
using Holdfast.Destinations;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Catalog;

namespace Holdfast.Node.Backups;

/// <summary>The backup of one database: what every <see cref="BackupAttempt"/> of it is given.</summary>
internal sealed record BackupContext
{
    /// <summary>Name of the database's engine.</summary>
    public required string Engine { get; init; }

    /// <summary>The source of the database.</summary>
    public required IDatabaseSource Source { get; init; }

    /// <summary>The database.</summary>
    public required DiscoveredDatabase Database { get; init; }

    /// <summary>The key of the database; null if it is not encrypted or the key is unknown.</summary>
    public DatabaseKey? Key { get; init; }

    /// <summary>The destinations, in the order of the task. At least one.</summary>
    public required IReadOnlyList<IDestination> Destinations { get; init; }

    /// <summary>The options of the backup.</summary>
    public required BackupOptions Options { get; init; }

    /// <summary>What keeps bytes that a destination has not written yet.</summary>
    public required OutputResources Outputs { get; init; }

    /// <summary>Receives the progress and the steps.</summary>
    public required BackupMeter Meter { get; init; }

    /// <summary>Called when the database has been read completely and only publishing is left.</summary>
    public required Action OnPublishing { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The catalog; null if there is none.</summary>
    public BackupCatalog? Catalog { get; init; }

    /// <summary>Whether a full comparison found a change that the database's change token does not show. Default false.</summary>
    public bool HasUndetectedChange { get; init; }

    /// <summary>Why the backup is a snapshot although a logical backup was requested; null if it is not.</summary>
    public string? SnapshotFallbackReason { get; init; }
}
