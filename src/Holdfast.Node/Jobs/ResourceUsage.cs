namespace Holdfast.Node.Jobs;

/// <summary>How many jobs use each resource, and how many may. Guarded by the queue's lock.</summary>
/// <param name="limits">How many jobs run at once.</param>
internal sealed class ResourceUsage(JobLimits limits)
{
    private readonly Dictionary<string, int> _usage = new(StringComparer.Ordinal);

    /// <summary>The limits that apply to a job until its slot is released.</summary>
    public IReadOnlyList<ResourceLimit> SlotLimitsOf(Job job)
    {
        var slots = limits.SlotsOf(job.Lane);
        var all = new List<ResourceLimit> { new($"{job.Lane}", limits.TotalSlotsOf(job.Lane)) };
        foreach (var destination in job.Destinations)
        {
            all.Add(new($"{job.Lane} destination {destination}", slots));
            all.Add(new($"destination {destination}", limits.PerDestination ?? int.MaxValue));
        }

        if (job.Source is null)
        {
            return all;
        }
        all.Add(new($"{job.Lane} source {job.Source}", limits.SourceSlotsOf(job.Lane)));

        // A comparison of a large database takes hours and cannot be preempted, so it must not use the slot of a backup.
        if (job.Lane != JobLane.Compare)
        {
            all.Add(new($"source {job.Source}", limits.PerSource ?? int.MaxValue));
        }
        return all;
    }

    /// <summary>The limits that apply to a job until it is released.</summary>
    public IReadOnlyList<ResourceLimit> InProgressLimitsOf(Job job) =>
        [
            .. job.Destinations.Select(d => new ResourceLimit($"in progress {d}", limits.InProgress)),
            new("in progress", 2 * limits.InProgress),
        ];

    /// <summary>Whether one more job can use all of these resources.</summary>
    public bool HasCapacity(IReadOnlyList<ResourceLimit> needs)
    {
        for (var i = 0; i < needs.Count; i++)
        {
            if (_usage.GetValueOrDefault(needs[i].Key) >= needs[i].Limit)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Counts a job that starts to use these resources.</summary>
    public void Add(IReadOnlyList<ResourceLimit> needs)
    {
        foreach (var need in needs)
        {
            _usage[need.Key] = _usage.GetValueOrDefault(need.Key) + 1;
        }
    }

    /// <summary>Counts a job that no longer uses these resources.</summary>
    public void Remove(IReadOnlyList<ResourceLimit> needs)
    {
        foreach (var need in needs)
        {
            if (_usage[need.Key] is > 1 and var count)
            {
                _usage[need.Key] = count - 1;
            }
            else
            {
                _usage.Remove(need.Key);
            }
        }
    }
}
