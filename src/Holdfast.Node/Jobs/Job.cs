namespace Holdfast.Node.Jobs;

/// <summary>One piece of work that waits for its turn in a <see cref="JobQueue"/>, and what it needs.</summary>
public class Job
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Only one with the same key waits or runs at a time.</summary>
    public required string Key { get; init; }

    /// <summary>Whose slots it takes one of.</summary>
    public required JobLane Lane { get; init; }

    /// <summary>Jobs of one group run in the order in which they came; the groups of a lane take turns.</summary>
    public required string Group { get; init; }

    /// <summary>Name of the source that it reads or writes; null for none.</summary>
    public string? Source { get; init; }

    /// <summary>Names of the destinations that it reads or writes, as far as they are known.</summary>
    public IReadOnlyList<string> Destinations { get; init; } = [];

    /// <summary>
    /// What only one of all jobs may hold at a time, such as the chains of a task; null for nothing. It is held from
    /// when the job is put in until it is over,
    /// and those that come meanwhile wait behind it, in the order in which they came.
    /// </summary>
    public string? ExclusiveKey { get; init; }

    /// <summary>Does the work. What it throws is kept in <see cref="Failure"/>.</summary>
    public required Func<Job, Task> Work { get; init; }

    /// <summary>Where it stands.</summary>
    public JobState State { get; internal set; }

    /// <summary>What <see cref="Work"/> threw; null where it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Done when its work has returned, however late, or it was taken out before it began.</summary>
    public Task Completion => _ended.Task;

    /// <summary>By which jobs of one group are ordered.</summary>
    internal long Sequence { get; set; }

    /// <summary>Those that wait for the same things.</summary>
    internal JobSubqueue Subqueue { get; set; } = null!;

    /// <summary>Whether it still counts to its lane, its source and its destinations. Guarded by the queue's lock.</summary>
    internal bool HasSlot { get; set; }

    /// <summary>Whether it still counts as under way. Guarded by the queue's lock.</summary>
    internal bool IsInProgress { get; set; }

    /// <summary>Whether it holds what it names in <see cref="ExclusiveKey"/>. Guarded by the queue's lock.</summary>
    internal bool HasExclusiveKey { get; set; }

    internal void Complete(Exception? failure)
    {
        Failure = failure;
        _ended.TrySetResult();
    }
}
