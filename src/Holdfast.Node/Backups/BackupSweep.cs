using System.Collections.Concurrent;
using Holdfast.Core.Encryption;
using Holdfast.Engines;

namespace Holdfast.Node.Backups;

/// <summary>Backs many databases up at once: large ones take one of few slots, small ones run in a wide lane, and publishing waits outside of both.</summary>
/// <param name="runner">Backs one up.</param>
/// <param name="jobs">Small databases at once; default 4 for each core.</param>
public sealed class BackupSweep(BackupRunner runner, int? jobs = null)
{
    /// <summary>Databases of this size and more take a slot.</summary>
    public const long SmallDatabaseBytes = 64 << 20;

    // Each holds an open file at the destination while it waits for its flush.
    private const int MostUnderWay = 512;

    /// <summary>Runs the sweep, in the order given. One that fails stops no other.</summary>
    /// <returns>An outcome for each database, in that order.</returns>
    public async Task<IReadOnlyList<BackupOutcome>> RunAsync(IReadOnlyList<DiscoveredDatabase> databases, Func<DiscoveredDatabase, DatabaseKey?> keyOf, IProgress<(BackupOutcome, BackupProgress)>? progress, CancellationToken cancellationToken)
    {
        var most = jobs ?? 4 * Environment.ProcessorCount;
        using var lane = new SemaphoreSlim(most);
        using var slots = new SemaphoreSlim(Math.Min(most, Math.Max(1, Environment.ProcessorCount / 2)));
        var outcomes = new ConcurrentDictionary<int, BackupOutcome>();
        var sum = new BackupProgress(databases.Count, 0, 0, 0, 0);
        var reporting = new Lock();
        await Parallel.ForEachAsync(
            databases.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = MostUnderWay, CancellationToken = cancellationToken },
            async (item, token) =>
            {
                var gate = item.Item.SizeBytes < SmallDatabaseBytes ? lane : slots;
                await gate.WaitAsync(token);
                var released = 0;
                BackupOutcome outcome;
                try
                {
                    outcome = await runner.RunAsync(item.Item, keyOf(item.Item), new BackupMeter(runner.DestinationCount), Release, token);
                }
                finally
                {
                    Release();
                }

                outcomes[item.Index] = outcome;
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

                void Release()
                {
                    if (Interlocked.Exchange(ref released, 1) == 0) gate.Release();
                }
            });
        return [.. outcomes.OrderBy(o => o.Key).Select(o => o.Value)];
    }
}
