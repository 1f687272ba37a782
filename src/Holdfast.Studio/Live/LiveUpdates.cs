using Holdfast.Api.Events;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Studio.Live;

/// <summary>
/// Events of the node for an open page: one subscription for all components of the page. If the subscription fails, it is
/// retried with increasing delays, and the page is stale until it succeeds.
/// </summary>
public sealed partial class LiveUpdates : IDisposable
{
    /// <summary>Delay after the first failure: 1 s. It doubles with each further failure.</summary>
    internal static readonly TimeSpan InitialRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Maximum delay after a failure: 30 s.</summary>
    internal static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    private readonly Func<TimeSpan, CancellationToken, IAsyncEnumerable<IReadOnlyList<ServerEvent>>> _listen;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop;
    private Task? _loop;

    /// <summary>Creates an instance; the first <see cref="Start"/> subscribes.</summary>
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

    /// <summary>Raised with the events since the previous batch, at most 4 times per second, on any thread.</summary>
    public event Action<UpdateBatch>? BatchReceived;

    /// <summary>Raised, on any thread, when <see cref="IsStale"/> has changed.</summary>
    public event Action? StaleChanged;

    /// <summary>Whether the subscription has failed, so that the page may be out of date.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Subscribes, unless it has already.</summary>
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
                    // The server refuses a subscription when there are too many. That is normal: the page shows it, so it is not logged.
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
            // The page was closed, or the server is stopping.
        }
    }

    private async Task ListenAsync(Action onBatch, CancellationToken cancellationToken)
    {
        await using var batches = _listen(ProgressInterval, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var running = new HashSet<string>(StringComparer.Ordinal);
        var next = batches.MoveNextAsync().AsTask(); // subscribes; if it was refused, it has failed by now
        if (!next.IsCompleted)
        {
            MarkRecovered();
        }
        while (await next)
        {
            MarkRecovered();
            onBatch();
            Subscribers.Notify(BatchReceived, UpdateBatch.Of(batches.Current, running));
            next = batches.MoveNextAsync().AsTask();
        }
    }

    // Events since the failure are lost, so everything is reloaded.
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

    [LoggerMessage(EventId = 6401, Level = LogLevel.Warning, Message = "The live updates of a page failed and will be retried")]
    private partial void LogFailed(Exception exception);
}
