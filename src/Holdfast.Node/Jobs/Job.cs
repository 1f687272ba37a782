namespace Holdfast.Node.Jobs;

/// <summary>A unit of work that waits for its turn in a <see cref="JobQueue"/>, and the resources that it needs.</summary>
public class Job
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Only one job with the same key is queued or running at a time.</summary>
    public required string Key { get; init; }

    /// <summary>The lane that it takes a slot of.</summary>
    public required JobLane Lane { get; init; }

    /// <summary>Jobs of one group run in order of arrival; the groups of a lane take turns.</summary>
    public required string Group { get; init; }

    /// <summary>Name of the source that it reads or writes; null for none.</summary>
    public string? Source { get; init; }

    /// <summary>Names of the destinations that it reads or writes, as far as known.</summary>
    public IReadOnlyList<string> Destinations { get; init; } = [];

    /// <summary>
    /// A resource that only one job may hold at a time, for example the chains of a task; null for none. The job holds it from when
    /// it is queued until it is released; jobs that arrive meanwhile wait in order of arrival.
    /// </summary>
    public string? ExclusiveKey { get; init; }

    /// <summary>Does the work. <see cref="Failure"/> keeps its exception.</summary>
    public required Func<Job, Task> Work { get; init; }

    /// <summary>State in the queue.</summary>
    public JobState State { get; internal set; }

    /// <summary>The exception of <see cref="Work"/>; null if there is none.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Completes when the work has returned, however late, or when the job was removed before it started.</summary>
    public Task Completion => _ended.Task;

    /// <summary>Order of arrival, by which jobs of one group are sorted.</summary>
    internal long Sequence { get; set; }

    /// <summary>The queued jobs that need the same resources.</summary>
    internal JobSubqueue Subqueue { get; set; } = null!;

    /// <summary>Whether it counts against the limits of its lane, source and destinations. Guarded by the queue's lock.</summary>
    internal bool HasSlot { get; set; }

    /// <summary>Whether it counts as in progress. Guarded by the queue's lock.</summary>
    internal bool IsInProgress { get; set; }

    /// <summary>Whether it holds its <see cref="ExclusiveKey"/>. Guarded by the queue's lock.</summary>
    internal bool HasExclusiveKey { get; set; }

    internal void Complete(Exception? failure)
    {
        Failure = failure;
        _ended.TrySetResult();
    }
}
