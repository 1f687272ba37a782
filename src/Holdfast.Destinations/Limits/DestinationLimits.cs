namespace Holdfast.Destinations.Limits;

/// <summary>How long one call of a destination may take, and how many that hang are left behind.</summary>
public sealed record DestinationLimits
{
    /// <summary>
    /// Calls that hang and whose callers have gone on. From that many on every new call fails at once, until one of
    /// them returns: each can hold a thread.
    /// 1 and more; default 8.
    /// </summary>
    public int MaxHungCalls { get; init; } = 8;

    /// <summary>
    /// The longest that one call may take: to list, to begin, to write or read some bytes, to delete. A call is short,
    /// so this long means no progress. Default 5 minutes, in which a file server can restart.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest that publishing may take: whole disks may be flushed. Default 15 minutes.</summary>
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The longest that opening may take, its identity included. Default 30 s.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a whole test may take. Default 1 minute.</summary>
    public TimeSpan TestTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a call that was cancelled, or took too long, is waited for before its caller goes on without it.
    /// Default 1 s.
    /// </summary>
    public TimeSpan CancellationGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the removal of something that is given up is waited for; then it goes on by itself. Default 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
