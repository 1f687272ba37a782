using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Repairs;

/// <summary>
/// Copies the archives of one chain to the destinations that lack them. Backups of the task may extend the chain meanwhile: a destination
/// that lacks an archive gets no new ones from them, so nothing else writes there, and what is new at the others is copied as well.
/// </summary>
/// <param name="catalog">What was written, and the known state of each copy.</param>
/// <param name="locks">Keeps retention from deleting what is read.</param>
/// <param name="queue">Knows whether a backup of the task is running.</param>
/// <param name="time">The clock.</param>
public sealed class ChainRepairer(ICatalog catalog, ChainLocks locks, OperationQueue queue, TimeProvider time)
{
    /// <summary>Repairs a chain. What cannot be copied is recorded with its destination.</summary>
    /// <param name="path">Path of the chain.</param>
    /// <param name="job">The database and the task.</param>
    /// <param name="destinations">The destinations of the task.</param>
    /// <param name="operation">Its log.</param>
    /// <param name="meter">Counts what is copied.</param>
    /// <param name="cancellationToken">Cancels the repair; no partial file stays.</param>
    /// <returns>Names of the destinations that have the whole chain, and the name of its newest archive; null if it has none.</returns>
    internal async Task<(IReadOnlyList<string> Complete, string? Newest)> RepairAsync(
        string path,
        RepairJob job,
        IReadOnlyList<RepairedDestination> destinations,
        RunningOperation operation,
        RepairMeter meter,
        CancellationToken cancellationToken
    )
    {
        var failed = new HashSet<(string Destination, string Archive)>();
        while (true)
        {
            var state = await ReadAsync(path, job, destinations, cancellationToken);
            var missing = state.FindMissing().Where(m => !failed.Contains((m.To.Name, m.Archive))).ToList();
            if (missing.Count == 0)
            {
                return (state.FindComplete(), state.Archives.Count == 0 ? null : state.Archives[^1]);
            }
            foreach (var (_, archive) in missing)
            {
                meter.AddPlanned(state.LengthOf(archive));
            }
            foreach (var (to, archive) in missing)
            {
                var destination = destinations.First(d => d.Name == to.Name);
                try
                {
                    await CopyAsync(state, to, archive, job, cancellationToken);
                    meter.AddCopied(state.LengthOf(archive));
                    operation.Write($"{to.Name}: {path}/{archive}: copied");
                }
                catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
                {
                    failed.Add((to.Name, archive));
                    destination.Fail(e);
                    operation.Write($"{to.Name}: {path}/{archive}: not copied: {e.Message}");
                }
            }
        }
    }

    private async Task<ChainCopies> ReadAsync(
        string path,
        RepairJob job,
        IReadOnlyList<RepairedDestination> destinations,
        CancellationToken cancellationToken
    )
    {
        // Before the listings: see ListingComparer. And before the catalog: what a backup that ends in between has recorded is listed.
        var isBackupRunning = queue.IsLocked(BackupJob.KeyOf(job.TaskId, job.Database));
        var known = catalog.Find(path);
        var name = ChainName.TryParse(path[(path.LastIndexOf('/') + 1)..])!;
        var replicas = new List<ChainReplica>();
        var findings = new List<CopyFinding>();
        foreach (var destination in destinations)
        {
            var listed = await DatabaseFolder.ReadChainAsync(destination.Destination, path, name, cancellationToken);
            var found = ListingComparer.Compare(
                known,
                path,
                listed.Archives,
                destination.Name,
                time.GetUtcNow(),
                destination.Destination.Identity
            );
            findings.AddRange(found);
            replicas.Add(new(new(replicas.Count, destination.Destination), destination.Name, listed, known, found));
        }
        await catalog.RecordFindingsAsync(job.Database, job.TaskId, findings);
        return new(replicas, known, isBackupRunning);
    }

    private async Task CopyAsync(ChainCopies state, ChainReplica to, string archive, RepairJob job, CancellationToken cancellationToken)
    {
        var healed = new List<CopyFinding>();
        var path = to.Listed.Path;
        var reads = new List<IDisposable>();
        try
        {
            foreach (var replica in state.Replicas)
            {
                reads.Add(locks.AcquireRead(replica.Name, path));
            }
            await ChainRepair.RepairAsync(to, state.Replicas, [archive], state.Known, time.GetUtcNow(), healed, cancellationToken);
        }
        finally
        {
            foreach (var read in reads)
            {
                read.Dispose();
            }
            await catalog.RecordFindingsAsync(job.Database, job.TaskId, healed);
        }
    }

    // One chain at all destinations.
    private sealed class ChainCopies
    {
        public ChainCopies(IReadOnlyList<ChainReplica> replicas, CatalogChain? known, bool isBackupRunning)
        {
            (Replicas, Known) = (replicas, known);
            Archives =
            [
                .. replicas
                    .SelectMany(r => r.Listed.Archives.Select(a => a.Name.ToString()))
                    .Concat(known?.Entries.Select(e => e.Archive.Name) ?? [])
                    .Distinct(StringComparer.Ordinal)
                    // A running backup publishes at one destination after the other, and records the archive when it has done so.
                    .Where(a => !isBackupRunning || known?.Find(a) is not null)
                    .Order(StringComparer.Ordinal),
            ];
        }

        public IReadOnlyList<ChainReplica> Replicas { get; }

        public CatalogChain? Known { get; }

        public IReadOnlyList<string> Archives { get; }

        public IEnumerable<(ChainReplica To, string Archive)> FindMissing() =>
            Archives
                .Where(a => !ChainReplica.HasConflictingLengths(Replicas, Known, a))
                .SelectMany(a =>
                    Replicas
                        .Where(r => !r.IsRestorable(a) || (!r.HasIndex(a) && Replicas.Any(other => other.HasIndex(a))))
                        .Select(r => (r, a))
                );

        public IReadOnlyList<string> FindComplete() => [.. Replicas.Where(r => Archives.All(r.IsRestorable)).Select(r => r.Name)];

        public long LengthOf(string archive) =>
            Replicas.Select(r => r.IsRestorable(archive) ? r.Archive(archive)?.Length : null).FirstOrDefault(l => l is not null) ?? 0;
    }
}
