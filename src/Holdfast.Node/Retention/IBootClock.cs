namespace Holdfast.Node.Retention;

/// <summary>How long the machine has run: no one can set it, and it goes on while the machine sleeps.</summary>
public interface IBootClock
{
    /// <summary>Id of the machine's start.</summary>
    string BootId { get; }

    /// <summary>How long it has run since, sleep included.</summary>
    TimeSpan Uptime { get; }
}
