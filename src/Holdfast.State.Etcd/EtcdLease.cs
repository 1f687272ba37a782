using Holdfast.State.Etcd.Connection;

namespace Holdfast.State.Etcd;

/// <summary>
/// A lease in etcd. It counts as lost when its time to live has passed since the last successful renewal was sent, by the monotonic clock
/// of this node: etcd ends it later than that.
/// </summary>
internal sealed class EtcdLease : IStateLease
{
    private readonly EtcdConnection _connection;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _deadline;
    private readonly Task _renewing;
    private long _renewed;
    private int _disposed;

    /// <summary>Starts to renew a lease.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="timeToLive">The time to live that etcd has granted.</param>
    /// <param name="requested">Timestamp when it was requested.</param>
    /// <param name="connection">The members.</param>
    /// <param name="time">The clock.</param>
    public EtcdLease(long id, TimeSpan timeToLive, long requested, EtcdConnection connection, TimeProvider time)
    {
        (Id, _timeToLive, _renewed, _connection, _time) = (id, timeToLive, requested, connection, time);
        Lost = _lost.Token;
        _deadline = time.CreateTimer(_ => CheckDeadline(), null, timeToLive, Timeout.InfiniteTimeSpan);
        _renewing = Task.Run(RenewAsync);
    }

    /// <inheritdoc/>
    public long Id { get; }

    /// <inheritdoc/>
    public CancellationToken Lost { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await StopRenewingAsync();
        await _deadline.DisposeAsync();
        await _lost.CancelAsync(); // before others can take over
        try
        {
            await _connection.RevokeLeaseAsync(Id, CancellationToken.None);
        }
        catch (Exception)
        {
            // It expires.
        }
    }

    /// <summary>Lets it expire.</summary>
    internal async Task StopRenewingAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
    }

    // Last resort of the loop: a renewal that fails, for whatever reason, is repeated until the lease has ended.
    private async Task RenewAsync()
    {
        while (!_stop.IsCancellationRequested && !Lost.IsCancellationRequested)
        {
            await Task.Delay(_timeToLive / 3, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            try
            {
                var sent = _time.GetTimestamp();
                if (await _connection.RenewLeaseAsync(Id, _stop.Token) > 0)
                {
                    Volatile.Write(ref _renewed, sent);
                    _deadline.Change(_timeToLive - _time.GetElapsedTime(sent), Timeout.InfiniteTimeSpan);
                }
                else
                {
                    await _lost.CancelAsync();
                }
            }
            catch (Exception)
            {
                // The deadline decides.
            }
        }
    }

    // The timer may fire while a renewal arrives.
    private void CheckDeadline()
    {
        var left = _timeToLive - _time.GetElapsedTime(Volatile.Read(ref _renewed));
        if (left <= TimeSpan.Zero)
        {
            _ = _lost.CancelAsync(); // exceptions of callbacks are not observed
            return;
        }
        try
        {
            _deadline.Change(left, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // disposed meanwhile
        }
    }
}
