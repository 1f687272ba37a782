using Holdfast.Api.Events;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Studio.Live;

/// <summary>
/// What happens on the node, for the page that is open: one listener for all its parts. Where listening fails it is
/// tried again, later each time, and the
/// page is stale until it works.
/// </summary>
public sealed partial class LiveUpdates : IDisposable
{
    /// <summary>The first wait after a failure; each further one is twice as long.</summary>
    internal static readonly TimeSpan InitialRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait after a failure.</summary>
    internal static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    private readonly Func<TimeSpan, CancellationToken, IAsyncEnumerable<IReadOnlyList<ServerEvent>>> _listen;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop;
    private Task? _loop;

    /// <summary>Makes it; it listens from the first <see cref="Start"/> on.</summary>
    public LiveUpdates(IEventFeed feed, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<LiveUpdates> logger)
        : this(feed.ListenAsync, time, logger, lifetime.ApplicationStopping) { }

    internal LiveUpdates(
        Func<TimeSpan, CancellationToken, IAsyncEnumerable<IReadOnlyList<ServerEvent>>> listen,
        TimeProvider time,
        ILogger logger,
        CancellationToken stopping
    )
    {
        (_listen, _time, _logger) = (listen, time, logger);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    /// <summary>Told of what happened since the last time; at most 4 times a second. Comes on any thread.</summary>
    public event Action<UpdateBatch>? BatchReceived;

    /// <summary>Told when <see cref="IsStale"/> has changed. Comes on any thread.</summary>
    public event Action? StaleChanged;

    /// <summary>Whether nothing is heard of what happens: what is shown may be out of date.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Begins to listen, where it does not yet.</summary>
    public void Start() => _loop ??= Task.Run(ListenWithRetriesAsync);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task ListenWithRetriesAsync()
    {
        var stopping = _stop.Token;
        var wait = InitialRetryDelay;
        try
        {
            while (true)
            {
                try
                {
                    await ListenAsync(() => wait = InitialRetryDelay, stopping);
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    // One that is refused because too many listen is an everyday thing; the page says it, and nobody else needs to know.
                    if (e is not HoldfastException && !IsStale)
                    {
                        LogFailed(e);
                    }
                }

                stopping.ThrowIfCancellationRequested();
                SetStale(isStale: true);
                await Task.Delay(wait, _time, stopping);
                wait = TimeSpan.FromTicks(Math.Min(MaxRetryDelay.Ticks, wait.Ticks * 2));
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The page was closed, or the server stops.
        }
    }

    private async Task ListenAsync(Action heard, CancellationToken cancellationToken)
    {
        await using var batches = _listen(ProgressInterval, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var next = batches.MoveNextAsync().AsTask(); // joins: one that is refused has failed by now
        if (!next.IsCompleted)
        {
            MarkRecovered();
        }
        while (await next)
        {
            MarkRecovered();
            heard();
            Subscribers.Notify(BatchReceived, UpdateBatch.Of(batches.Current));
            next = batches.MoveNextAsync().AsTask();
        }
    }

    // What happened in between was told to nobody: everything is loaded anew.
    private void MarkRecovered()
    {
        if (!IsStale)
        {
            return;
        }
        SetStale(isStale: false);
        Subscribers.Notify(BatchReceived, UpdateBatch.Everything);
    }

    private void SetStale(bool isStale)
    {
        if (IsStale == isStale)
        {
            return;
        }
        IsStale = isStale;
        Subscribers.Notify(StaleChanged);
    }

    [LoggerMessage(EventId = 6401, Level = LogLevel.Warning, Message = "Live updates of a page failed; they are tried again")]
    private partial void LogFailed(Exception exception);
}
