using Holdfast.Core.Errors;
using Holdfast.Node.Catalog;

namespace Holdfast.Node.Backups.Chains;

/// <summary>Repairs the copy of a chain at one destination from those at the others.</summary>
internal static class ChainRepair
{
    /// <summary>Copies missing or damaged archives and indexes. Stops at the first that cannot be copied.</summary>
    /// <param name="to">The destination.</param>
    /// <param name="replicas">The copies of the chain at all destinations.</param>
    /// <param name="names">File names of the archives that it should have, the oldest first.</param>
    /// <param name="known">The chain in the catalog; null if unknown.</param>
    /// <param name="now">The current time.</param>
    /// <param name="healed">Receives what was repaired.</param>
    /// <param name="cancellationToken">Cancels the repair.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if no destination has an intact copy of an
    /// archive, or a failure of a destination.</exception>
    public static async Task RepairAsync(
        ChainReplica to,
        IReadOnlyList<ChainReplica> replicas,
        IEnumerable<string> names,
        CatalogChain? known,
        DateTimeOffset now,
        List<CopyFinding> healed,
        CancellationToken cancellationToken
    )
    {
        foreach (var name in names)
        {
            var written = known?.Find(name)?.Archive;
            if (ChainReplica.HasConflictingLengths(replicas, known, name))
            {
                continue;
            }
            if (!to.IsRestorable(name))
            {
                await CopyFromAnyAsync(to, replicas, name, written, cancellationToken);
            }
            else if (!to.HasIndex(name) && replicas.FirstOrDefault(h => h.HasIndex(name)) is { } from)
            {
                await ArchiveCopier.CopyIndexAsync(
                    from.Destination,
                    to.Destination,
                    from.Archive(name)!,
                    to.Archive(name)!,
                    written,
                    cancellationToken
                );
            }
            else
            {
                continue;
            }

            healed.Add(
                new()
                {
                    Chain = to.Listed.Path,
                    Name = name,
                    Destination = to.Name,
                    Identity = to.Destination.Identity,
                    State = CopyState.Whole,
                    At = now,
                    Archive = written,
                }
            );
        }
    }

    // A copy that turns out to be damaged, or a destination that stops to respond, leaves the others.
    private static async Task CopyFromAnyAsync(
        ChainReplica to,
        IReadOnlyList<ChainReplica> replicas,
        string name,
        CatalogArchive? written,
        CancellationToken cancellationToken
    )
    {
        var sources = replicas.Where(r => r.IsRestorable(name)).ToList();
        if (sources.Count == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"No destination has an intact copy: {to.ProblemOf(name)}.",
                "The next full backup starts a chain that is complete everywhere."
            );
        }
        for (var i = 0; ; i++)
        {
            var from = sources[i];
            try
            {
                await ArchiveCopier.CopyAsync(
                    from.Destination,
                    to.Destination,
                    from.Archive(name)!,
                    to.Archive(name),
                    written,
                    cancellationToken
                );
                return;
            }
            catch (HoldfastException) when (i + 1 < sources.Count && !cancellationToken.IsCancellationRequested)
            {
                // The next source says whether the problem was at the target.
            }
        }
    }
}
