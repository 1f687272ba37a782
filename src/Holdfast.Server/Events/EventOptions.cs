namespace Holdfast.Server.Events;

/// <summary>Settings of the event stream.</summary>
public sealed record EventOptions
{
    /// <summary>
    /// How often a comment is sent to keep the connection alive and the rights of the listener are checked. Default: 15
    /// s.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Minimum time between two events of the same operation. Default: 250 ms.</summary>
    public TimeSpan MinBatchInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the progress of running operations is checked. Default: 1 s.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Maximum number of listeners; further ones are rejected. Default: 100.</summary>
    public int MaxSubscriptions { get; init; } = 100;

    /// <summary>
    /// Maximum number of events that wait for one listener. If there are more, they are dropped and the listener is
    /// told to reload everything. Default: 2,000.
    /// </summary>
    public int MaxPendingEvents { get; init; } = 2_000;
}
