namespace Holdfast.Destinations.Requests;

/// <summary>
/// One attempt of a request. It is cancelled when no byte was transferred for the idle time, and takes one of the destination's places
/// until it is disposed: after the answer, or after a stream of it was read.
/// </summary>
public sealed class RequestAttempt : IDisposable
{
    private readonly RequestPipeline _pipeline;
    private readonly TimeSpan _idle;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _callersToken;
    private int _isDisposed;

    internal RequestAttempt(RequestPipeline pipeline, TimeSpan idle, TimeProvider time, CancellationToken cancellationToken)
    {
        (_pipeline, _idle, _callersToken) = (pipeline, idle, cancellationToken);
        _late = new(idle, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _late.Token);
    }

    /// <summary>Cancelled when the request has been idle for too long, or by its caller.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>The time without a byte after which it is cancelled.</summary>
    public TimeSpan IdleTimeout => _idle;

    /// <summary>Whether it was cancelled because it was idle.</summary>
    public bool IsLate => _late.IsCancellationRequested && !_callersToken.IsCancellationRequested;

    /// <summary>A stream of content to send: counts its bytes, keeps to the bandwidth limit, and counts as progress.</summary>
    public Stream Sending(Stream content) => new TransferStream(content, this, isSent: true);

    /// <summary>A stream of received content: counts its bytes, and counts as progress. Disposing it ends the attempt.</summary>
    public Stream Receiving(Stream content) => new TransferStream(content, this, isSent: false);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }
        _stop.Dispose();
        _late.Dispose();
        _pipeline.Release();
    }

    internal async ValueTask ReportAsync(int bytes, bool isSent)
    {
        if (!isSent)
        {
            _pipeline.Meter.AddReceived(bytes);
            ReportProgress();
            return;
        }
        _pipeline.Meter.AddSent(bytes);
        if (_pipeline.Bandwidth is { } bandwidth)
        {
            _late.CancelAfter(Timeout.InfiniteTimeSpan); // waiting for our own limit is not idleness of the store
            await bandwidth.WaitAsync(bytes, Token);
        }
        ReportProgress();
    }

    private void ReportProgress()
    {
        if (Volatile.Read(ref _isDisposed) == 0)
        {
            _late.CancelAfter(_idle);
        }
    }
}
