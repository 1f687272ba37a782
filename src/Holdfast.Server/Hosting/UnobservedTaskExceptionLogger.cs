using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>Logs exceptions of tasks that nobody awaited. Each is a bug in Holdfast and must at least be visible.</summary>
internal sealed partial class UnobservedTaskExceptionLogger(ILogger<UnobservedTaskExceptionLogger> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        TaskScheduler.UnobservedTaskException += OnFailure;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        TaskScheduler.UnobservedTaskException -= OnFailure;
        return Task.CompletedTask;
    }

    // Cancellations of abandoned requests or waits are expected.
    private void OnFailure(object? sender, UnobservedTaskExceptionEventArgs e)
    {
        e.SetObserved();
        if (!e.Exception.Flatten().InnerExceptions.All(i => i is OperationCanceledException))
        {
            LogFailure(e.Exception);
        }
    }

    [LoggerMessage(EventId = 6301, Level = LogLevel.Error, Message = "A background task failed, and no code observed the exception")]
    private partial void LogFailure(Exception exception);
}
