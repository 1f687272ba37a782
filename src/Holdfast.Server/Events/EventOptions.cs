namespace Holdfast.Server.Events;

/// <summary>How events are sent.</summary>
public sealed record EventOptions
{
    /// <summary>How often a comment keeps the connection alive, and it is looked whether who listens still may. Default 15 s.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long from one event of an operation to the next at least. Default 250 ms.</summary>
    public TimeSpan MinBatchInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often it is looked how far running operations are. Default 1 s.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Listeners at a time; more are refused. Default 100.</summary>
    public int MaxSubscriptions { get; init; } = 100;

    /// <summary>
    /// Events that wait for one listener; when there are more, they are left out, and it is told to load everything
    /// anew. Default 2,000.
    /// </summary>
    public int MaxPendingEvents { get; init; } = 2_000;
}
