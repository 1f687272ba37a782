namespace Holdfast.Destinations.Requests;

/// <summary>The clock of a remote store, as its answers show it. Thread-safe.</summary>
/// <param name="time">Measures the time since the last answer; only its timestamps are used, which nobody can set.</param>
public sealed class ServerClock(TimeProvider time)
{
    private volatile Reading? _last;

    private sealed record Reading(DateTimeOffset Time, long Timestamp);

    /// <summary>The store's time now; null before its first answer.</summary>
    public DateTimeOffset? Now => _last is { } last ? last.Time + time.GetElapsedTime(last.Timestamp) : null;

    /// <summary>Records the time of an answer.</summary>
    public void Record(DateTimeOffset answered) => _last = new(answered, time.GetTimestamp());
}
