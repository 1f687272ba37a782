using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Holds a database for a dump. Its writers wait for it (rollback mode), or their log cannot start over and the one whose commit moves it into
/// the database pays for all of it (WAL mode). So neither what comes before the dump (a slow destination's folders, a key derived from a
/// passphrase) nor a destination that takes the dump slowly may last: the pages are copied when the dump begins, or when the time is up before
/// that. A copy is made several times faster than a dump. Only a small database is dumped as it is, into memory.
/// </summary>
internal sealed class DumpHold : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ConnectionImage _image;
    private readonly SqliteViewPlan _plan;
    private readonly SpoolPolicy _policy;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private SpoolFile? _copy;
    private Exception? _failure;
    private bool _begun, _disposed;

    /// <summary>Takes over <paramref name="image"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="plan">What is made.</param>
    /// <param name="policy">What is allowed.</param>
    /// <param name="heldSince">When the hold began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="time">The clock.</param>
    public DumpHold(ConnectionImage image, SqliteViewPlan plan, SpoolPolicy policy, long heldSince, TimeProvider time)
    {
        (_image, _plan, _policy) = (image, plan, policy);
        var left = policy.Budget - time.GetElapsedTime(heldSince) - TimeSpan.FromSeconds(image.Length / policy.CopyRate);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Path of the copy, for SQLite to open.</summary>
    public string CopyPath => _copy!.Path;

    /// <summary>Decides where the dump is made from, and makes the copy where it is from that.</summary>
    public DumpWay Begin(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _begun = true;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (_failure is not null) throw new HoldfastException((_failure as HoldfastException)?.Error ?? ErrorCatalogue.SourceUnreadable, _failure.Message, (_failure as HoldfastException)?.Hint, _failure);
            if (_copy is not null) return DumpWay.FromCopy;
            if (_image.Length <= _plan.MaxDumpInMemory) return DumpWay.FromMemory;
            if (MayHoldOn && !HasRoom) return DumpWay.FromDatabase;
            Copy(cancellationToken);
            return DumpWay.FromCopy;
        }
    }

    private bool MayHoldOn => !_policy.IsMandatory || _image.Length / _plan.DumpRate <= _policy.Budget.TotalSeconds;

    private bool HasRoom => _image.Length <= SpoolFile.FreeBytes(_policy.Folder) / (_policy.IsMandatory ? 1 : 2);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _stop.Cancel(); // a copy that is under way need not be finished
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _timer.Dispose();
            _image.Dispose();
            _copy?.Remove();
            _stop.Dispose();
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_begun || _disposed || _copy is not null) return;
            try
            {
                if (!_policy.IsMandatory && !HasRoom) return;
                Copy(_stop.Token);
            }
            catch (Exception e) when (e is HoldfastException or IOException or OperationCanceledException)
            {
                _failure = e; // told when the dump begins
                _image.Dispose();
            }
        }
    }

    private void Copy(CancellationToken cancellationToken)
    {
        _copy = SpoolFile.Copy(_image, 0, _policy.Folder, named: true, cancellationToken);
        _image.Dispose();
        _copy.Dispose(); // closed before SQLite opens it: no lock is lost
    }
}
