using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>Removes what interrupted restores have left at a source, once; retries after a failure.</summary>
/// <param name="monitor">The source.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SourceCleanup(SourceMonitor monitor, ILogger logger)
{
    private readonly ILogger _logger = logger;

    // Guards the fields below. Never held while calling the source.
    private readonly Lock _gate = new();
    private Task? _running;
    private bool _isDone;

    /// <summary>Starts it in the background, unless it is done or running.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_isDone && _running is not { IsCompleted: false })
            {
                _running = Task.Run(RunAsync, CancellationToken.None);
            }
        }
    }

    // Never throws.
    private async Task RunAsync()
    {
        try
        {
            await using var use = monitor.AcquireUnchecked();
            await use.Source.RemoveLeftoversAsync(monitor.Stopping);
            lock (_gate)
            {
                _isDone = true;
            }
        }
        catch (Exception) when (monitor.Stopping.IsCancellationRequested)
        {
            // Detached: the next monitor of this source does it.
        }
        catch (Exception e)
        {
            LogFailed(e, monitor.Attached.Name); // if the source is down, discovery reports that
        }
    }

    [LoggerMessage(
        EventId = 5205,
        Level = LogLevel.Warning,
        Message = "Leftovers of restores at source {Source} could not be removed; this is retried"
    )]
    private partial void LogFailed(Exception exception, string source);
}
