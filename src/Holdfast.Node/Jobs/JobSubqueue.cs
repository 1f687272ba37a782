namespace Holdfast.Node.Jobs;

/// <summary>
/// Jobs that wait for the same things: one of them can begin exactly when each other can, so looking at the first is
/// enough, however many wait.
/// Guarded by the queue's lock.
/// </summary>
/// <param name="source">The source that they need; null for none.</param>
/// <param name="slot">What each holds until it is written, and how many of that there are.</param>
/// <param name="underWay">What each holds until it is over, and how many of that there are.</param>
internal sealed class JobSubqueue(string? source, IReadOnlyList<ResourceLimit> slot, IReadOnlyList<ResourceLimit> underWay)
{
    private readonly Dictionary<string, Entry> _groups = new(StringComparer.Ordinal);

    // By the turn that a group had when it was put in; it is put in anew where that has changed since.
    private readonly PriorityQueue<Entry, long> _byLastServed = new();

    public string? Source => source;

    public IReadOnlyList<ResourceLimit> SlotLimits => slot;

    public IReadOnlyList<ResourceLimit> InProgressLimits => underWay;

    public void Add(Job job, RoundRobinGroup turn)
    {
        if (!_groups.TryGetValue(job.Group, out var entry))
        {
            _groups.Add(job.Group, entry = new(job.Group, turn));
            _byLastServed.Enqueue(entry, turn.LastServed);
        }

        entry.Turn = turn; // a group that had gone came back as another
        entry.Jobs.Enqueue(job);
    }

    /// <summary>The job that is next here, and when it is its group's turn; null where none waits.</summary>
    public (Job Job, RoundRobinGroup Turn)? Peek()
    {
        while (_byLastServed.TryPeek(out var entry, out var turn))
        {
            // Those that were taken out are still in it.
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
