namespace Holdfast.Node.Jobs;

/// <summary>
/// Queued jobs that need the same resources: either all or none of them can start, so checking the first one is enough, however
/// many there are. Guarded by the queue's lock.
/// </summary>
/// <param name="source">The source that they need; null for none.</param>
/// <param name="slot">The limits that apply to each until its slot is released.</param>
/// <param name="inProgress">The limits that apply to each until it is released.</param>
internal sealed class JobSubqueue(string? source, IReadOnlyList<ResourceLimit> slot, IReadOnlyList<ResourceLimit> inProgress)
{
    private readonly Dictionary<string, Entry> _groups = new(StringComparer.Ordinal);

    // By the turn that a group had when it was added; it is added again if that has changed since.
    private readonly PriorityQueue<Entry, long> _byLastServed = new();

    public string? Source => source;

    public IReadOnlyList<ResourceLimit> SlotLimits => slot;

    public IReadOnlyList<ResourceLimit> InProgressLimits => inProgress;

    public void Add(Job job, RoundRobinGroup turn)
    {
        if (!_groups.TryGetValue(job.Group, out var entry))
        {
            _groups.Add(job.Group, entry = new(job.Group, turn));
            _byLastServed.Enqueue(entry, turn.LastServed);
        }

        entry.Turn = turn; // a group that had been removed came back as a new one
        entry.Jobs.Enqueue(job);
    }

    /// <summary>The next job, and the turn of its group; null if none is queued.</summary>
    public (Job Job, RoundRobinGroup Turn)? Peek()
    {
        while (_byLastServed.TryPeek(out var entry, out var turn))
        {
            // Removed jobs are still in it.
            while (entry.Jobs.TryPeek(out var job) && job.State != JobState.Waiting)
            {
                entry.Jobs.Dequeue();
            }
            if (entry.Jobs.Count > 0 && turn == entry.Turn.LastServed)
            {
                return (entry.Jobs.Peek(), entry.Turn);
            }
            _byLastServed.Dequeue();
            if (entry.Jobs.Count > 0)
            {
                _byLastServed.Enqueue(entry, entry.Turn.LastServed);
            }
            else
            {
                _groups.Remove(entry.Name);
            }
        }

        return null;
    }

    private sealed class Entry(string name, RoundRobinGroup turn)
    {
        public string Name => name;

        public RoundRobinGroup Turn { get; set; } = turn;

        public Queue<Job> Jobs { get; } = new();
    }
}
