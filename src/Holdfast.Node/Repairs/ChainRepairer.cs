using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Sharing;
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
/// <param name="shared">Tells other servers what was copied.</param>
/// <param name="time">The clock.</param>
public sealed class ChainRepairer(ICatalog catalog, ChainLocks locks, OperationQueue queue, SharedCatalogWriter shared, TimeProvider time)
{
    /// <summary>
    /// Repairs a chain. A destination to which an archive cannot be copied is left out from there on, because the later archives build on
    /// that one; the problem is recorded with it.
    /// </summary>
    /// <param name="path">Path of the chain.</param>
    /// <param name="job">The database and the task.</param>
    /// <param name="destinations">The destinations of the task that can be read.</param>
    /// <param name="targets">Names of those that are repaired.</param>
    /// <param name="operation">Its log.</param>
    /// <param name="meter">Counts what is copied.</param>
    /// <param name="cancellationToken">Cancels the repair; no partial file stays.</param>
    /// <returns>Names of the destinations that have the whole chain, and the name of its newest archive; null if it has none.</returns>
    internal async Task<(IReadOnlyList<string> Complete, string? Newest)> RepairAsync(
        string path,
        RepairJob job,
        IReadOnlyList<RepairedDestination> destinations,
        IReadOnlySet<string> targets,
        RunningOperation operation,
        RepairMeter meter,
        CancellationToken cancellationToken
    )
    {
        var reads = new List<IDisposable>();
        try
        {
            // Until everything is recorded: retention must delete the chain at no destination meanwhile, or a copy of it would come back.
            foreach (var destination in destinations)
            {
                reads.Add(locks.AcquireRead(destination.Name, path));
            }
            return await CopyAsync(path, job, [.. destinations], targets, operation, meter, cancellationToken);
        }
        finally
        {
            foreach (var read in reads)
            {
                read.Dispose();
            }
        }
    }

    private async Task<(IReadOnlyList<string> Complete, string? Newest)> CopyAsync(
        string path,
        RepairJob job,
        List<RepairedDestination> destinations,
        IReadOnlySet<string> targets,
        RunningOperation operation,
        RepairMeter meter,
        CancellationToken cancellationToken
    )
    {
        var left = targets.ToHashSet(StringComparer.Ordinal);
        var written = new HashSet<RepairedDestination>();
        while (true)
        {
            var state = await ReadAsync(path, job, destinations, cancellationToken);
            var missing = state.FindMissing().Where(m => left.Contains(m.To.Name)).ToList();
            if (missing.Count == 0)
            {
                // A local destination gets the file from the audit, as after a backup.
                foreach (var destination in written.Where(d => d.Destination.Capabilities.IsRemote))
                {
                    var location = new CopyLocation(destination.Name, destination.Destination.Identity);
                    await shared.TryUpdateAsync(location, destination.Destination, job.Database, cancellationToken);
                }
                return (state.FindComplete(), state.Archives.Count == 0 ? null : state.Archives[^1]);
            }
            foreach (var (_, archive) in missing)
            {
                meter.AddPlanned(state.LengthOf(archive));
            }
            foreach (var (to, archive) in missing.Where(m => left.Contains(m.To.Name)))
            {
                try
                {
                    await CopyAsync(state, to, archive, job, cancellationToken);
                    meter.AddCopied(state.LengthOf(archive));
                    written.Add(destinations.First(d => d.Name == to.Name));
                    operation.Write($"{to.Name}: {path}/{archive}: copied");
                }
                catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
                {
                    left.Remove(to.Name);
                    destinations.First(d => d.Name == to.Name).Fail(e);
                    operation.Write($"{to.Name}: {path}/{archive}: not copied: {e.Message}");
                }
            }
        }
    }

    // A destination that cannot be read is left out, so that the others are repaired.
    private async Task<ChainCopies> ReadAsync(
        string path,
        RepairJob job,
        List<RepairedDestination> destinations,
        CancellationToken cancellationToken
    )
    {
        // Before the listings: see ListingComparer. And before the catalog: what a backup that ends in between has recorded is listed.
        var isBackupRunning = queue.IsLocked(BackupJob.KeyOf(job.TaskId, job.Database));
        var known = catalog.Find(path);
        var name = ChainName.TryParse(path[(path.LastIndexOf('/') + 1)..])!;
        var replicas = new List<ChainReplica>();
        var findings = new List<CopyFinding>();
        foreach (var destination in destinations.ToList())
        {
            try
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
                // What a running backup has published so far is no archive that nobody has recorded.
                findings.AddRange(found.Where(f => !isBackupRunning || f.Archive is null));
                replicas.Add(new(new(replicas.Count, destination.Destination), destination.Name, listed, known, found));
            }
            catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
            {
                destination.Fail(e);
                destinations.Remove(destination);
            }
        }
        await catalog.RecordFindingsAsync(job.Database, job.TaskId, findings);
        return new(replicas, known, isBackupRunning);
    }

    private async Task CopyAsync(ChainCopies state, ChainReplica to, string archive, RepairJob job, CancellationToken cancellationToken)
    {
        var healed = new List<CopyFinding>();
        try
        {
            await ChainRepair.RepairAsync(to, state.Replicas, [archive], state.Known, time.GetUtcNow(), healed, cancellationToken);
        }
        finally
        {
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
                    .Where(a => !isBackupRunning || known?.Find(a) is { Archive.IsRecorded: true })
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

        // None if it is unknown which of several different copies is right.
        public IReadOnlyList<string> FindComplete() =>
            Archives.Any(a => ChainReplica.HasConflictingLengths(Replicas, Known, a))
                ? []
                : [.. Replicas.Where(r => Archives.All(r.IsRestorable)).Select(r => r.Name)];

        public long LengthOf(string archive) =>
            Replicas.Select(r => r.IsRestorable(archive) ? r.Archive(archive)?.Length : null).FirstOrDefault(l => l is not null) ?? 0;
    }
}
