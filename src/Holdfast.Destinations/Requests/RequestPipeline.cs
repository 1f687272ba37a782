using Polly;
using Polly.Retry;

namespace Holdfast.Destinations.Requests;

/// <summary>
/// Sends the requests of one remote destination: at most so many at once, each again after a temporary failure, with increasing delays and
/// jitter, and none that is idle for ever. Drivers contain none of this; they count what they send with <see cref="Meter"/>.
/// </summary>
public sealed class RequestPipeline : IDisposable
{
    private readonly RequestLimits _limits;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places;
    private readonly ResiliencePipeline _retries;

    /// <summary>Creates a pipeline.</summary>
    /// <param name="limits">Time limits, retries, concurrency and bandwidth.</param>
    /// <param name="isTemporary">Whether a failure may go away if the request is sent again.</param>
    /// <param name="time">The clock.</param>
    public RequestPipeline(RequestLimits limits, Func<Exception, bool> isTemporary, TimeProvider time)
    {
        (_limits, _time) = (limits, time);
        _places = new(limits.MaxConcurrency);
        Bandwidth = limits.UploadBytesPerSecond is { } rate ? new(rate, time) : null;
        var retries = new ResiliencePipelineBuilder { TimeProvider = time };
        if (limits.Retries > 0)
        {
            retries.AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = a => ValueTask.FromResult(a.Outcome.Exception is { } e && isTemporary(e)),
                    MaxRetryAttempts = limits.Retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = limits.RetryDelay,
                    MaxDelay = limits.MaxRetryDelay,
                }
            );
        }
        _retries = retries.Build();
    }

    /// <summary>Requests and bytes so far.</summary>
    public RequestMeter Meter { get; } = new();

    internal BandwidthLimit? Bandwidth { get; }

    /// <summary>Sends a request once.</summary>
    /// <param name="send">Sends it; the attempt is disposed afterwards.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <param name="idleTimeout">The time without progress after which the attempt is cancelled. Default: that of the limits.</param>
    public Task<T> SendOnceAsync<T>(
        Func<RequestAttempt, Task<T>> send,
        CancellationToken cancellationToken,
        TimeSpan? idleTimeout = null
    ) => RunOnceAsync(send, keepsAttempt: false, idleTimeout, cancellationToken);

    /// <summary>
    /// Sends a request once, whose answer is read as a stream. The attempt goes on until the stream of
    /// <see cref="RequestAttempt.Receiving"/> is disposed.
    /// </summary>
    /// <inheritdoc cref="SendOnceAsync"/>
    public Task<T> OpenOnceAsync<T>(Func<RequestAttempt, Task<T>> send, CancellationToken cancellationToken) =>
        RunOnceAsync(send, keepsAttempt: true, null, cancellationToken);

    /// <summary>Does something that consists of one or several requests, and again after temporary failures.</summary>
    /// <param name="action">What is done. Its token is <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken) =>
        _retries.ExecuteAsync(async token => await action(token), cancellationToken).AsTask();

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    internal void Release()
    {
        try
        {
            _places.Release();
        }
        catch (ObjectDisposedException)
        {
            // the destination was closed while a stream of it was read
        }
    }

    private async Task<T> RunOnceAsync<T>(
        Func<RequestAttempt, Task<T>> send,
        bool keepsAttempt,
        TimeSpan? idleTimeout,
        CancellationToken cancellationToken
    )
    {
        await _places.WaitAsync(cancellationToken);
        var attempt = new RequestAttempt(this, idleTimeout ?? _limits.IdleTimeout, _time, cancellationToken);
        var isKept = false;
        try
        {
            var answer = await send(attempt);
            isKept = keepsAttempt;
            return answer;
        }
        finally
        {
            if (!isKept)
            {
                attempt.Dispose();
            }
        }
    }
}
