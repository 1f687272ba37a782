using Holdfast.Archive.Age;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.Engines;
using Holdfast.Node.Jobs;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.Node.Sources;

namespace Holdfast.Node;

/// <summary>Identity and limits of a node. Immutable while it runs.</summary>
public sealed record NodeSettings
{
    /// <summary>Tag of the node, 1 to 4 capital letters.</summary>
    public required string Tag { get; init; }

    /// <summary>The node's own key.</summary>
    public required AgeIdentity Key { get; init; }

    /// <summary>The available kinds of destinations. Default none.</summary>
    public IReadOnlyList<DestinationFactory> DestinationFactories { get; init; } = [];

    /// <summary>
    /// Concurrent backups of databases of <see cref="Backups.BackupBatch.SmallDatabaseBytes"/> or more. Default half the cores.
    /// </summary>
    public int LargeDatabaseConcurrency { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Concurrent backups of smaller databases. Default 4 per core.</summary>
    public int SmallDatabaseConcurrency { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Concurrent restores. Default 2.</summary>
    public int Restores { get; init; } = 2;

    /// <summary>Concurrent backups and restores of one source; null, the default, to apply only the other limits.</summary>
    public int? PerSource { get; init; }

    /// <summary>Concurrent backups and restores of one destination; null, the default, to apply only the other limits.</summary>
    public int? PerDestination { get; init; }

    /// <summary>
    /// How long an operation may run without transferring a byte or starting a step before an alert is raised; a backup times out
    /// after twice as long. Default 10 minutes: far longer than any lock or flush that ends by itself, and short compared with the
    /// hours between two backups.
    /// </summary>
    public TimeSpan NoProgressThreshold { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often each source is discovered. Default 30 s.</summary>
    public TimeSpan DiscoveryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a start waits for the first discovery of all sources, so that the first responses include them; 0 or more. Default
    /// 2 s. The discovery of slower ones continues while the node runs.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long running backups may continue when the node shuts down; then they are interrupted, and run again at the next start.
    /// Default 30 s.
    /// </summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Maximum age of a chain that is extended. Default 30 days.</summary>
    public TimeSpan MaxChainAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Minimum time between two evaluations of the alerts. Default 2 s; without changes, they are evaluated once a minute.
    /// </summary>
    public TimeSpan AlertInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Commands that print keys of encrypted databases, by the id of a database or a glob over ids. Default none.</summary>
    public IReadOnlyDictionary<string, KeyCommand> DatabaseKeys { get; init; } = new Dictionary<string, KeyCommand>();

    /// <summary>The file of the catalog; null, the default, keeps it in memory only.</summary>
    public string? CatalogFile { get; init; }

    /// <summary>
    /// Folder of the spool, for what slow destinations have not written yet; null, the default, for the folder for temporary files.
    /// </summary>
    public string? SpoolFolder { get; init; }

    /// <summary>
    /// Maximum size of the spool in bytes; 0 for no spool; null, the default, for half of the free space, and at most 20 GiB.
    /// </summary>
    public long? SpoolMaxBytes { get; init; }

    /// <summary>The folder that keeps the indexes of archives at remote destinations; null, the default, keeps none.</summary>
    public string? IndexCacheFolder { get; init; }

    /// <summary>Maximum size of the kept indexes, in bytes. Default 1 GiB.</summary>
    public long IndexCacheBytes { get; init; } = 1L << 30;

    /// <summary>How long calls of destinations may take.</summary>
    public DestinationLimits DestinationLimits { get; init; } = new();

    /// <summary>How often the identity of each destination is checked. Default 1 minute.</summary>
    public TimeSpan DestinationInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the node looks for destinations that lack backups, to repair them. Default 30 s.</summary>
    public TimeSpan RepairInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attaches sources that are defined over the API; null if none can be defined.</summary>
    public AttachedSourceFactory? AttachedSourceFactory { get; init; }

    /// <summary>Engines that check their backups during a verification. Default none.</summary>
    public IReadOnlyCollection<IDatabaseEngine> Engines { get; init; } = [];

    /// <summary>Time since the machine booted. Default: the timestamps of the node's clock, which count as one boot.</summary>
    public IBootClock? BootClock { get; init; }

    /// <summary>Default time zone of schedules. Default the machine's.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;

    /// <summary>Opens local paths from API requests; null if no kind of destination has any.</summary>
    internal ILocalPaths? LocalPaths => DestinationFactories.Select(f => f.LocalPaths).FirstOrDefault(p => p is not null);

    /// <summary>The limits of the queue.</summary>
    internal JobLimits Jobs =>
        new()
        {
            Small = SmallDatabaseConcurrency,
            Large = LargeDatabaseConcurrency,
            Restores = Restores,
            PerSource = PerSource,
            PerDestination = PerDestination,
        };
}
