namespace Holdfast.Node.Jobs;

/// <summary>Where a job stands in the queue.</summary>
public enum JobState
{
    /// <summary>It waits for its turn.</summary>
    Waiting,

    /// <summary>It runs, and holds a slot of its lane.</summary>
    Running,

    /// <summary>It runs on, and has given its slot back: only publishing is left.</summary>
    Publishing,

    /// <summary>It holds nothing any more: it has ended, was taken out, or was given up while a call of it hangs.</summary>
    Released,
}
