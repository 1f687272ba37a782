namespace Holdfast.Studio.Live;

/// <summary>The current time, from which pages compute ages.</summary>
public sealed class Clock(TimeProvider time)
{
    /// <summary>Now.</summary>
    public DateTimeOffset Now => time.GetUtcNow();
}
