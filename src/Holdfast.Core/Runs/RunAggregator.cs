using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Runs;

/// <summary>Computes the counts of a run: a pure function of what was due, the state of each database, and the time.</summary>
public static class RunAggregator
{
    // Fixed cost of a database besides its bytes, so that runs over many small databases also get an estimate.
    private const long OverheadBytes = 1 << 20;

    /// <summary>Returns the run with its current counts.</summary>
    /// <param name="run">The run.</param>
    /// <param name="due">The databases that were due, by task id, with their sizes in bytes.</param>
    /// <param name="entries">The state of each, by task id.</param>
    /// <param name="now">The current time.</param>
    /// <param name="isHeldUp">
    /// Whether a due task cannot start because its database or source is unavailable. The time left cannot be estimated then.
    /// </param>
    public static Run Aggregate(
        Run run,
        IReadOnlyDictionary<string, (DatabaseId Database, long Bytes)> due,
        IReadOnlyDictionary<string, RunEntry> entries,
        DateTimeOffset now,
        Func<string, bool> isHeldUp
    )
    {
        var states = new int[Enum.GetValues<OperationState>().Length];
        var unchanged = 0;
        long read = 0,
            stored = 0;
        DateTimeOffset? started = null,
            ended = null;
        foreach (var entry in entries.Values)
        {
            states[(int)entry.State]++;
            if (entry is { State: OperationState.Completed, Unchanged: true })
            {
                unchanged++;
            }
            (read, stored) = (read + entry.ReadBytes, stored + entry.StoredBytes);
            if (started is null || entry.Started < started)
            {
                started = entry.Started ?? started;
            }
            if (ended is null || entry.Ended > ended)
            {
                ended = entry.Ended ?? ended;
            }
        }

        var untried = due.Where(d => !entries.ContainsKey(d.Key)).ToList();
        var isTooLate = run.MissedFrom is not { } from || now >= from;
        var pending = states[(int)OperationState.Queued] + states[(int)OperationState.Running] + (isTooLate ? 0 : untried.Count);
        return run with
        {
            Started = started,
            Ended = pending > 0 ? null : ended ?? run.MissedFrom ?? run.Created,
            Due = entries.Count + untried.Count,
            Waiting = states[(int)OperationState.Queued] + (isTooLate ? 0 : untried.Count),
            Running = states[(int)OperationState.Running],
            Done = states[(int)OperationState.Completed],
            Unchanged = unchanged,
            Incomplete = states[(int)OperationState.CompletedWithErrors],
            Failed = states[(int)OperationState.Failed],
            Aborted = states[(int)OperationState.Aborted],
            Missed = isTooLate ? untried.Count : 0,
            MissedDatabases = isTooLate
                ? [.. untried.Select(d => d.Value.Database.ToString()).Order(StringComparer.Ordinal).Take(Run.MaxMissedListed)]
                : [],
            TotalBytes = due.Values.Sum(d => d.Bytes),
            ReadBytes = read,
            StoredBytes = stored,
            TimeLeft =
                pending > 0 && started is { } start && (isTooLate || !untried.Exists(d => isHeldUp(d.Key)))
                    ? EstimateTimeLeft(due, entries, now - start)
                    : null,
        };
    }

    private static TimeSpan? EstimateTimeLeft(
        IReadOnlyDictionary<string, (DatabaseId Database, long Bytes)> due,
        IReadOnlyDictionary<string, RunEntry> entries,
        TimeSpan elapsed
    )
    {
        double all = 0,
            done = 0;
        foreach (var (task, (_, bytes)) in due)
        {
            all += bytes + OverheadBytes;
            if (!entries.TryGetValue(task, out var entry))
            {
                continue;
            }
            if (!entry.IsPending)
            {
                done += bytes + OverheadBytes;
            }
            else if (entry.State == OperationState.Running)
            {
                done += Math.Min(entry.ReadBytes, bytes);
            }
        }

        // Below one percent the estimate would be meaningless.
        return done <= 0 || done < all / 100 || elapsed <= TimeSpan.Zero ? null : elapsed * Math.Min((all - done) / done, 1_000);
    }
}
