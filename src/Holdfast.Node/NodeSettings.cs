using Holdfast.Archive.Age;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.Engines;
using Holdfast.Node.Jobs;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.Node.Sources;

namespace Holdfast.Node;

/// <summary>What a node is told of itself and its limits. Immutable while it runs.</summary>
public sealed record NodeSettings
{
    /// <summary>Tag of the node, 1 to 4 capitals.</summary>
    public required string Tag { get; init; }

    /// <summary>The node's own key.</summary>
    public required AgeIdentity Key { get; init; }

    /// <summary>The kinds of destinations that can be defined. Default none.</summary>
    public IReadOnlyList<DestinationFactory> DestinationFactories { get; init; } = [];

    /// <summary>
    /// Databases of <see cref="Backups.BackupBatch.SmallDatabaseBytes"/> and more that are backed up at once. Default
    /// half the cores.
    /// </summary>
    public int LargeDatabaseConcurrency { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Smaller ones at once. Default 4 for each core.</summary>
    public int SmallDatabaseConcurrency { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Restores at once. Default 2.</summary>
    public int Restores { get; init; } = 2;

    /// <summary>Backups and restores of one source at once; null, the default, for what the other limits allow.</summary>
    public int? PerSource { get; init; }

    /// <summary>Backups and restores of one destination at once; null, the default, for what the other limits allow.</summary>
    public int? PerDestination { get; init; }

    /// <summary>
    /// How long an operation may run without moving a byte or beginning a step before that is an alert; a backup that
    /// has not moved for twice as long is
    /// given up. Default 10 minutes: far more than any lock or flush takes that ends by itself, and little against the
    /// hours between two backups.
    /// </summary>
    public TimeSpan NoProgressThreshold { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often each source is looked at. Default 30 s.</summary>
    public TimeSpan DiscoveryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a start waits for the first look at all sources, so that the first answers tell of them; 0 and more.
    /// Default 2 s. Slower ones are looked at while the node runs already.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long running backups may go on when the node shuts down; then they are interrupted, and run again at the
    /// next start. Default 30 s.
    /// </summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A chain that is older is not extended. Default 30 days.</summary>
    public TimeSpan MaxChainAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How long the alerts that were found stand before they are looked for again, however much changes. Default 2 s;
    /// where nothing changes they are looked for once a minute.
    /// </summary>
    public TimeSpan AlertInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Commands that print keys of encrypted databases, by the id of a database or a glob over ids. Default none.</summary>
    public IReadOnlyDictionary<string, KeyCommand> DatabaseKeys { get; init; } = new Dictionary<string, KeyCommand>();

    /// <summary>The file of the catalog; null, the default, keeps it in memory only.</summary>
    public string? CatalogFile { get; init; }

    /// <summary>How long calls of destinations may take.</summary>
    public DestinationLimits DestinationLimits { get; init; } = new();

    /// <summary>How often each destination is looked at for its identity. Default 1 minute.</summary>
    public TimeSpan DestinationInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Attaches sources that are defined over the API; null where none can be.</summary>
    public AttachedSourceFactory? AttachedSourceFactory { get; init; }

    /// <summary>Engines that look at their backups while these are verified. Default none.</summary>
    public IReadOnlyCollection<IDatabaseEngine> Engines { get; init; } = [];

    /// <summary>
    /// How long the machine has run. Default: the timestamps of the node's clock, which count as one start of the
    /// machine.
    /// </summary>
    public IBootClock? BootClock { get; init; }

    /// <summary>Time zone of schedules that name none. Default the machine's.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;

    /// <summary>Opens the paths of this machine that are given over the API; null where no kind of destination has any.</summary>
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
