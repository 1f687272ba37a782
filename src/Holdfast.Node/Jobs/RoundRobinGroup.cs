namespace Holdfast.Node.Jobs;

/// <summary>When it is a group's turn: the one with the lowest number is next. Guarded by the queue's lock.</summary>
internal sealed class RoundRobinGroup
{
    /// <summary>Grows with each turn that it has had.</summary>
    public long LastServed { get; set; }

    /// <summary>Its jobs that wait.</summary>
    public int Waiting { get; set; }
}
