namespace Holdfast.Node.Retention;

/// <summary>Time since the machine booted. Nobody can set it, and it includes the time that the machine sleeps.</summary>
public interface IBootClock
{
    /// <summary>Id of the boot.</summary>
    string BootId { get; }

    /// <summary>Time since the boot, including sleep.</summary>
    TimeSpan Uptime { get; }
}
