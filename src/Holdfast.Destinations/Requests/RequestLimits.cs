namespace Holdfast.Destinations.Requests;

/// <summary>Limits of the requests to a remote destination.</summary>
public sealed record RequestLimits
{
    /// <summary>Time limit of a connection, with its TLS handshake. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a connection is used for further requests. Hosts of stores change their addresses; a connection that lives for ever would
    /// keep the old one. Default 5 minutes.
    /// </summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a request may go without a byte in either direction. There is no limit of the whole request: a slow transfer that makes
    /// progress is none that failed. Default 60 s.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a store may take to complete an upload after it has all parts. Default 10 minutes.</summary>
    public TimeSpan CompleteTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Number of attempts after the first; 0 for none. Default 5.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Delay before the second attempt; it doubles with each further one, with jitter. Default 0.5 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Upper bound of the delay between attempts. Default 20 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Number of requests in flight at once, at least 1. Default 32.</summary>
    public int MaxConcurrency { get; init; } = 32;

    /// <summary>Bytes per second that uploads may take together; null for no limit.</summary>
    public long? UploadBytesPerSecond { get; init; }
}
