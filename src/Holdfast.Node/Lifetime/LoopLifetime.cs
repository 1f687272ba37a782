using Holdfast.Node.Supervision;

namespace Holdfast.Node.Lifetime;

/// <summary>Starts the background loops and periodic jobs of the node, and stops them with all others of the supervisor.</summary>
/// <param name="loops">The background loops.</param>
/// <param name="jobs">The periodic jobs.</param>
/// <param name="supervisor">Runs them.</param>
public sealed class LoopLifetime(BackgroundLoops loops, PeriodicJobs jobs, Supervisor supervisor)
{
    /// <summary>Starts them.</summary>
    public void Start()
    {
        loops.Start(supervisor);
        jobs.Start(supervisor);
    }

    /// <summary>Stops every loop, and returns when all have ended.</summary>
    public Task StopAsync() => supervisor.StopAsync();

    /// <summary>Closes the supervisor.</summary>
    public Task CloseAsync() => supervisor.DisposeAsync().AsTask();
}
