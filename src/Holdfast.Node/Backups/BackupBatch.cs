using Holdfast.Core.Encryption;
using Holdfast.Engines.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Backups;

/// <summary>Backs up many databases of one source concurrently, with the same queue as a server.</summary>
/// <param name="runner">Backs up one database.</param>
/// <param name="jobs">Number of small databases backed up concurrently; default 4 per core.</param>
public sealed class BackupBatch(DatabaseBackup runner, int? jobs = null)
{
    /// <summary>Databases of this size or larger use a slot of the large lane.</summary>
    public const long SmallDatabaseBytes = 64 << 20;

    /// <summary>The lane of a database of this size.</summary>
    public static JobLane LaneOf(long sizeBytes) => sizeBytes < SmallDatabaseBytes ? JobLane.Small : JobLane.Large;

    /// <summary>Runs the backups in the given order. A failure does not stop the others.</summary>
    /// <returns>One outcome per database, in the given order.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; all running backups have
    /// ended.</exception>
    public async Task<IReadOnlyList<BackupOutcome>> RunAsync(
        IReadOnlyList<DiscoveredDatabase> databases,
        Func<DiscoveredDatabase, DatabaseKey?> keyOf,
        IProgress<(BackupOutcome, BackupBatchProgress)>? progress,
        CancellationToken cancellationToken
    )
    {
        var most = jobs ?? 4 * Environment.ProcessorCount;
        var queue = new JobQueue(new() { Small = most, Large = Math.Min(most, Math.Max(1, Environment.ProcessorCount / 2)) });
        var outcomes = new BackupOutcome[databases.Count];
        var sum = new BackupBatchProgress(databases.Count, 0, 0, 0, 0);
        var reporting = new Lock();
        var all = databases
            .Select(
                (database, i) =>
                    new Job
                    {
                        Key = database.Name,
                        Lane = LaneOf(database.SizeBytes),
                        Group = "batch",
                        Source = runner.SourceName,
                        Destinations = runner.DestinationNames,
                        Work = async job =>
                            Report(i, await BackUpAsync(database, keyOf, () => queue.BeginPublishing(job), cancellationToken)),
                    }
            )
            .ToList();
        foreach (var job in all)
        {
            queue.Add(job);
        }
        await Task.WhenAll(all.Select(j => j.Completion)); // after a cancellation, queued backups end as soon as it is their turn
        cancellationToken.ThrowIfCancellationRequested();
        return outcomes;

        void Report(int i, BackupOutcome outcome)
        {
            outcomes[i] = outcome;
            lock (reporting)
            {
                sum = sum with
                {
                    Done = sum.Done + 1,
                    Failed = sum.Failed + (outcome.State is BackupState.Failed ? 1 : 0),
                    DatabaseBytes = sum.DatabaseBytes + outcome.DatabaseBytes,
                    StoredBytes = sum.StoredBytes + outcome.StoredBytes,
                };
                progress?.Report((outcome, sum));
            }
        }
    }

    private async Task<BackupOutcome> BackUpAsync(
        DiscoveredDatabase database,
        Func<DiscoveredDatabase, DatabaseKey?> keyOf,
        Action written,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await runner.RunAsync(
                database,
                keyOf(database),
                new BackupMeter(runner.DestinationNames.Count),
                written,
                cancellationToken
            );
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Backups report failures in their outcome; what is thrown here comes from reading the key.
            return runner.CreateFailedOutcome(database, UnexpectedFailure.Wrap($"The backup of '{database.Name}'", e));
        }
    }
}
