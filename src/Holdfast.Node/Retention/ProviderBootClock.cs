namespace Holdfast.Node.Retention;

/// <summary>
/// The boot clock of a <see cref="TimeProvider"/> that is not the system's: its timestamps, which nobody can set either.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ProviderBootClock(TimeProvider time) : IBootClock
{
    public string BootId => "provider";

    public TimeSpan Uptime => time.GetElapsedTime(0);
}
