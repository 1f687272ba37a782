using Holdfast.Core.Errors;
using Holdfast.Server.Events;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Studio.Live;

/// <summary>What happens on the node, for the page that is open: one listener for all its parts.</summary>
public sealed class LiveUpdates : IDisposable
{
    private static readonly TimeSpan Progress = TimeSpan.FromMilliseconds(250);

    private readonly EventFeed _feed;
    private readonly CancellationTokenSource _stop;
    private Task? _loop;

    /// <summary>Makes it; it listens from the first <see cref="Start"/> on.</summary>
    public LiveUpdates(EventFeed feed, IHostApplicationLifetime lifetime) => (_feed, _stop) = (feed, CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping));

    /// <summary>Told of what happened since the last time; at most 4 times a second. Comes on any thread.</summary>
    public event Action<LiveBatch>? Happened;

    /// <summary>Begins to listen, where it does not yet.</summary>
    public void Start() => _loop ??= Task.Run(ListenAsync);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            await foreach (var events in _feed.ListenAsync(Progress, _stop.Token)) Happened?.Invoke(LiveBatch.Of(events));
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the server stops.
        }
        catch (HoldfastException)
        {
            // Too many listen already: this page shows what is when it is loaded, and its buttons load anew.
        }
    }
}
