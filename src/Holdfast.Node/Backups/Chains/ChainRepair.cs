using Holdfast.Core.Errors;
using Holdfast.Node.Catalog;

namespace Holdfast.Node.Backups.Chains;

/// <summary>Brings one destination's part of a chain up to what the others hold whole.</summary>
internal static class ChainRepair
{
    /// <summary>Copies what is missing or damaged there, and indexes that are. It stops at the first that cannot be.</summary>
    /// <param name="to">The destination.</param>
    /// <param name="held">What each of them holds.</param>
    /// <param name="names">File names of the archives that it should have, the oldest first.</param>
    /// <param name="known">The chain as the catalog knows it; null where it does not.</param>
    /// <param name="now">The time.</param>
    /// <param name="healed">What was healed is added.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/> where none has one of them whole, or what goes wrong at a destination.
    /// </exception>
    public static async Task RepairAsync(
        ChainReplica to,
        IReadOnlyList<ChainReplica> held,
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
            if (ChainReplica.HasConflictingLengths(held, known, name))
            {
                continue;
            }
            if (!to.IsRestorable(name))
            {
                var from = held.FirstOrDefault(h => h.IsRestorable(name))
                    ?? throw new HoldfastException(
                        ErrorCatalogue.NotFound,
                        $"No destination has it whole: {to.ProblemOf(name)}.",
                        "The next full backup starts a chain that is whole everywhere."
                    );
                await ArchiveCopier.CopyAsync(
                    from.Destination,
                    to.Destination,
                    from.Archive(name)!,
                    to.Archive(name),
                    written,
                    cancellationToken
                );
            }
            else if (!to.HasIndex(name) && held.FirstOrDefault(h => h.HasIndex(name)) is { } from)
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
}
