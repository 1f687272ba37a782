namespace Holdfast.Destinations.Limits;

/// <summary>Time limits of the calls of a destination, and the maximum number of hung calls.</summary>
public sealed record DestinationLimits
{
    /// <summary>
    /// Maximum number of abandoned calls that hang. Once it is reached, every new call fails at once until one of them returns, because
    /// each can block a thread. At least 1; default 8.
    /// </summary>
    public int MaxHungCalls { get; init; } = 8;

    /// <summary>
    /// Time limit of one call: listing, starting an upload, writing or reading some bytes, deleting. Calls are short, so this means no
    /// progress; at a remote destination, where bytes can take as long as the link is slow, the limit begins again as long as it makes
    /// progress. Default 5 minutes, enough for a file server to restart.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time limit of publishing, which may flush whole disks; the same at a remote destination. Default 15 minutes.</summary>
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Time limit of opening, including the identity check. Default 30 s.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time limit of a complete test. Default 1 minute.</summary>
    public TimeSpan TestTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Grace period for a call that was cancelled or timed out, before its caller abandons it. Default 1 s.</summary>
    public TimeSpan CancellationGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for closing a resource; after that it continues in the background. Default 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
