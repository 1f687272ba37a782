using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>Logs what a task threw that nobody waited for: it is a mistake of ours, and must at least be seen.</summary>
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

    // A cancelled request or wait that was left behind is no news.
    private void OnFailure(object? sender, UnobservedTaskExceptionEventArgs e)
    {
        e.SetObserved();
        if (!e.Exception.Flatten().InnerExceptions.All(i => i is OperationCanceledException))
        {
            LogFailure(e.Exception);
        }
    }

    [LoggerMessage(EventId = 6301, Level = LogLevel.Error, Message = "Something failed in the background, and nobody waited for it")]
    private partial void LogFailure(Exception exception);
}
