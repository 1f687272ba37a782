namespace Holdfast.Node.Jobs;

/// <summary>The turn of a group: the lowest number is next. Guarded by the queue's lock.</summary>
internal sealed class RoundRobinGroup
{
    /// <summary>Grows with each turn that the group has had.</summary>
    public long LastServed { get; set; }

    /// <summary>Number of its queued jobs.</summary>
    public int Waiting { get; set; }
}
