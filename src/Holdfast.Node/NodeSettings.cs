using Holdfast.Archive.Age;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;

namespace Holdfast.Node;

/// <summary>What a node is told of itself and its limits. Immutable while it runs.</summary>
public sealed record NodeSettings
{
    /// <summary>Tag of the node, 1 to 4 capitals.</summary>
    public required string Tag { get; init; }

    /// <summary>The node's own key.</summary>
    public required AgeIdentity Key { get; init; }

    /// <summary>Folders under which local destinations and the paths of restores must lie. Absolute; none means that neither is allowed.</summary>
    public IReadOnlyList<string> LocalRoots { get; init; } = [];

    /// <summary>Databases of <see cref="Backups.BackupSweep.SmallDatabaseBytes"/> and more that are backed up at once. Default half the cores.</summary>
    public int Slots { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Smaller ones at once. Default 4 for each core.</summary>
    public int SmallLane { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>How often each source is looked at. Default 30 s.</summary>
    public TimeSpan DiscoveryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long running backups may go on when the node shuts down; then they are interrupted, and run again at the next start. Default 30 s.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A chain that is older is not extended. Default 30 days.</summary>
    public TimeSpan MaxChainAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long the alerts that were found stand before they are looked for again, however much changes. Default 2 s; where nothing changes they are looked for once a minute.</summary>
    public TimeSpan AlertInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Commands that print keys of encrypted databases, by the id of a database or a glob over ids. Default none.</summary>
    public IReadOnlyDictionary<string, KeyCommand> DatabaseKeys { get; init; } = new Dictionary<string, KeyCommand>();

    /// <summary>Attaches sources that are defined over the API; null where none can be.</summary>
    public AttachSource? AttachSource { get; init; }

    /// <summary>Time zone of schedules that name none. Default the machine's.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Local;
}
