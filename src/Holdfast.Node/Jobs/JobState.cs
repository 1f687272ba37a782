namespace Holdfast.Node.Jobs;

/// <summary>State of a job in the queue.</summary>
public enum JobState
{
    /// <summary>It waits for its turn.</summary>
    Waiting,

    /// <summary>It runs and uses a slot of its lane.</summary>
    Running,

    /// <summary>It runs, but has released its slot: only publishing is left.</summary>
    Publishing,

    /// <summary>It has released everything: it has ended, was removed, or timed out while one of its calls hangs.</summary>
    Released,
}
