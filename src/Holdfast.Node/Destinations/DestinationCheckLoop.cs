using Holdfast.Node.Supervision;

namespace Holdfast.Node.Destinations;

/// <summary>
/// Checks the identity of every destination once in <see cref="NodeSettings.DestinationInterval"/>, first right after the start.
/// </summary>
/// <param name="destinations">The destinations.</param>
/// <param name="settings">The interval.</param>
/// <param name="time">The clock.</param>
public sealed class DestinationCheckLoop(DestinationRegistry destinations, NodeSettings settings, TimeProvider time)
{
    /// <summary>Time between two checks.</summary>
    public TimeSpan Interval => settings.DestinationInterval;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each check.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            await destinations.CheckAllAsync(cancellationToken);
            loop.CompleteIteration();
            await Task.Delay(Interval, time, cancellationToken);
        }
    }
}
