using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>What one destination holds of one chain, by its listing and by what the catalog knows.</summary>
/// <param name="run">The destination.</param>
/// <param name="name">Its name in the catalog.</param>
/// <param name="listed">The chain as it was listed; without archives where it is not there.</param>
/// <param name="known">The chain as the catalog knows it; null where it does not.</param>
/// <param name="findings">What the listing says otherwise.</param>
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

    /// <summary>Its name in the catalog.</summary>
    public string Name { get; } = name;

    /// <summary>The chain as it was listed.</summary>
    public StoredChain Listed { get; } = listed;

    /// <summary>
    /// Whether an archive that was never recorded has different lengths: then nobody knows which copy is the right one,
    /// and none is taken for another.
    /// </summary>
    public static bool HasConflictingLengths(IEnumerable<ChainReplica> held, CatalogChain? known, string archive) =>
        known?.Find(archive)?.Archive is not { IsRecorded: true }
        && held.Select(h => h.Archive(archive)?.Length).OfType<long>().Distinct().Count() > 1;

    /// <summary>The archive of this file name as it was listed; null where it was not.</summary>
    public StoredArchive? Archive(string archive) => _listed.GetValueOrDefault(archive);

    /// <summary>What is known of it here.</summary>
    public CopyState StateOf(string archive) =>
        !_listed.ContainsKey(archive) ? CopyState.Missing
        : _findings.TryGetValue(archive, out var finding) ? finding.State
        : known?.Find(archive)?.CopyAt(Name) is not { } copy || copy.IsParentProblem ? CopyState.Whole
        : copy.State;

    /// <summary>Whether it can be restored, and copied, from here.</summary>
    public bool IsRestorable(string archive) => StateOf(archive) is CopyState.Whole or CopyState.WithoutIndex;

    /// <summary>Whether its index is here too.</summary>
    public bool HasIndex(string archive) => StateOf(archive) == CopyState.Whole && Archive(archive) is { HasIndex: true };

    /// <summary>What is wrong with it, for people.</summary>
    public string ProblemOf(string archive)
    {
        var problem = (_findings.GetValueOrDefault(archive)?.Problem ?? known?.Find(archive)?.CopyAt(Name)?.Problem)?.Message;
        return $"{archive} at '{Name}' is "
            + $"{(StateOf(archive) == CopyState.Damaged ? "damaged" : "missing")}{(problem is null ? "" : $": {problem}")}";
    }
}
