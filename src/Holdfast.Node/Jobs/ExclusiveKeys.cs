namespace Holdfast.Node.Jobs;

/// <summary>
/// The exclusive keys that jobs hold, and the jobs that wait for each: see <see cref="Job.ExclusiveKey"/>. Guarded by the queue's lock.
/// </summary>
internal sealed class ExclusiveKeys
{
    // The jobs that wait for each held key, in order of arrival: null for none, the usual case.
    private readonly Dictionary<string, Queue<Job>?> _waiters = new(StringComparer.Ordinal);

    /// <summary>Whether a job holds this key.</summary>
    public bool IsHeld(string key) => _waiters.ContainsKey(key);

    /// <summary>Acquires the key of a job, or adds the job to those that wait for it.</summary>
    /// <returns>Whether the job can start: it holds its key, or needs none.</returns>
    public bool TryAcquire(Job job)
    {
        if (job.ExclusiveKey is not { } key)
        {
            return true;
        }
        if (!_waiters.TryGetValue(key, out var behind))
        {
            _waiters.Add(key, null);
            return job.HasExclusiveKey = true;
        }

        if (behind is null)
        {
            _waiters[key] = behind = new();
        }
        behind.Enqueue(job);
        return false;
    }

    /// <summary>Passes the key of a job to the next one that waits for it. Does nothing if the job does not hold its key.</summary>
    /// <returns>The job that can start now; null if there is none.</returns>
    public Job? HandOver(Job job)
    {
        if (!job.HasExclusiveKey)
        {
            return null;
        }
        job.HasExclusiveKey = false;
        var behind = _waiters[job.ExclusiveKey!];
        while (behind is not null && behind.TryDequeue(out var next))
        {
            if (next.State != JobState.Waiting)
            {
                continue; // it was removed
            }
            next.HasExclusiveKey = true;
            return next;
        }

        _waiters.Remove(job.ExclusiveKey!);
        return null;
    }
}
