using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>One chain at one destination, according to its listing and the catalog.</summary>
/// <param name="run">The destination.</param>
/// <param name="name">Name of the destination in the catalog.</param>
/// <param name="listed">The chain as listed; without archives if it is not there.</param>
/// <param name="known">The chain in the catalog; null if unknown.</param>
/// <param name="findings">Differences between the listing and the catalog.</param>
internal sealed class ChainReplica(
    BackupDestination run,
    string name,
    StoredChain listed,
    CatalogChain? known,
    IReadOnlyList<CopyFinding> findings
)
{
    private readonly Dictionary<string, StoredArchive> _listed = listed.Archives.ToDictionary(
        a => a.Name.ToString(),
        StringComparer.Ordinal
    );
    private readonly Dictionary<string, CopyFinding> _findings = findings.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The destination in this backup.</summary>
    public BackupDestination Run { get; } = run;

    /// <summary>The destination.</summary>
    public IDestination Destination => Run.Destination;

    /// <summary>Name of the destination in the catalog.</summary>
    public string Name { get; } = name;

    /// <summary>The chain as listed.</summary>
    public StoredChain Listed { get; } = listed;

    /// <summary>
    /// Whether an unrecorded archive has different lengths at the destinations: then it is unknown which copy is right, and none
    /// replaces another.
    /// </summary>
    public static bool HasConflictingLengths(IEnumerable<ChainReplica> replicas, CatalogChain? known, string archive) =>
        known?.Find(archive)?.Archive is not { IsRecorded: true }
        && replicas.Select(h => h.Archive(archive)?.Length).OfType<long>().Distinct().Count() > 1;

    /// <summary>The listed archive of this file name; null if there is none.</summary>
    public StoredArchive? Archive(string archive) => _listed.GetValueOrDefault(archive);

    /// <summary>The state of this copy.</summary>
    public CopyState StateOf(string archive) =>
        !_listed.ContainsKey(archive) ? CopyState.Missing
        : _findings.TryGetValue(archive, out var finding) ? finding.State
        : known?.Find(archive)?.CopyAt(Name) is not { } copy || copy.IsParentProblem ? CopyState.Whole
        : copy.State;

    /// <summary>Whether it can be restored and copied from here.</summary>
    public bool IsRestorable(string archive) => StateOf(archive) is CopyState.Whole or CopyState.WithoutIndex;

    /// <summary>Whether its index is here, too.</summary>
    public bool HasIndex(string archive) => StateOf(archive) == CopyState.Whole && Archive(archive) is { HasIndex: true };

    /// <summary>Describes the problem of this copy.</summary>
    public string ProblemOf(string archive)
    {
        var problem = (_findings.GetValueOrDefault(archive)?.Problem ?? known?.Find(archive)?.CopyAt(Name)?.Problem)?.Message;
        return $"{archive} at '{Name}' is "
            + $"{(StateOf(archive) == CopyState.Damaged ? "damaged" : "missing")}{(problem is null ? "" : $": {problem}")}";
    }
}
