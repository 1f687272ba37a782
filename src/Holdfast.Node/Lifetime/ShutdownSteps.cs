using Holdfast.Node.Logging;

namespace Holdfast.Node.Lifetime;

/// <summary>
/// Waits for steps of the shutdown, but not forever: a disk or a store that hangs must not keep the process from ending. What such
/// a step was to store is lost as after a crash.
/// </summary>
/// <param name="log">Logs a step that is abandoned.</param>
/// <param name="time">The clock.</param>
public sealed class ShutdownSteps(NodeLog log, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Waits for a step. One that does not end in time is logged and abandoned; one that fails throws.</summary>
    /// <param name="step">The step, which has been started.</param>
    /// <param name="what">What it does, for the log.</param>
    public async Task WaitAsync(Task step, string what)
    {
        await step.WaitAsync(Timeout, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (step.IsCompleted)
        {
            await step;
        }
        else
        {
            log.NotStoppedInTime(what, Timeout);
        }
    }
}
