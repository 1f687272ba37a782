namespace Holdfast.Studio.Live;

/// <summary>The time that pages show ages against.</summary>
public sealed class Clock(TimeProvider time)
{
    /// <summary>Now.</summary>
    public DateTimeOffset Now => time.GetUtcNow();
}
