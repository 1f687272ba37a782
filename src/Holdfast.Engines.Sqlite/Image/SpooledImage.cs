using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Bounds how long an image is held: pages are read directly while time allows, then all that are left are copied into
/// a spool file and the hold
/// ends. A timer sees to it, for a reader that waits for a slow destination does not ask for pages. The hold ends after
/// the last page in any case.
/// </summary>
internal sealed class SpooledImage : PinnedImage
{
    private readonly Lock _gate = new();
    private readonly PinnedImage _inner;
    private readonly SpoolPolicy _policy;
    private readonly TimeProvider _time;
    private readonly long _heldSince;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private SpoolFile? _spool;
    private Exception? _failure;
    private long _next;
    private bool _declined,
        _released,
        _disposed;

    /// <summary>Takes over <paramref name="inner"/>.</summary>
    /// <param name="inner">The image.</param>
    /// <param name="policy">What is allowed.</param>
    /// <param name="heldSince">When the hold began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="time">The clock.</param>
    public SpooledImage(PinnedImage inner, SpoolPolicy policy, long heldSince, TimeProvider time)
    {
        _inner = inner;
        _policy = policy;
        _heldSince = heldSince;
        _time = time;
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(GetTimeLeft(), Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public override int PageSize => _inner.PageSize;

    /// <inheritdoc/>
    public override long PageCount => _inner.PageCount;

    /// <inheritdoc/>
    public override bool IsIncompressible => _inner.IsIncompressible;

    /// <inheritdoc/>
    public override bool BlocksWriters => _inner.BlocksWriters && !_released;

    /// <inheritdoc/>
    public override string? ChangeToken => _inner.ChangeToken;

    /// <summary>Whether pages were copied into a spool file.</summary>
    public bool UsesSpool => _spool is not null;

    /// <summary>Whether the database is no longer held.</summary>
    public bool IsReleased => _released;

    /// <inheritdoc/>
    public override void Read(long firstPage, Span<byte> pages)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_failure is not null)
            {
                throw new HoldfastException(
                    (_failure as HoldfastException)?.Error ?? ErrorCatalogue.SourceUnreadable,
                    _failure.Message,
                    (_failure as HoldfastException)?.Hint,
                    _failure
                );
            }
            _next = firstPage;
            if (!_released && !_declined && GetTimeLeft() == TimeSpan.Zero)
            {
                Spool();
            }
            if (_spool is not null)
            {
                _spool.Read(firstPage, pages);
            }
            else
            {
                _inner.Read(firstPage, pages);
            }
            _next = firstPage + (pages.Length / PageSize);
            if (_next >= PageCount)
            {
                Release();
            }
        }
    }

    /// <summary>Copies all that is left now and ends the hold, whatever the policy says of time.</summary>
    public void SpoolNow()
    {
        lock (_gate)
        {
            Spool();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _stop.Cancel(); // a copy that is under way need not be finished
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            _released = true;
            _timer.Dispose();
            _inner.Dispose();
            _spool?.Dispose();
            _stop.Dispose();
        }
    }

    private TimeSpan GetTimeLeft()
    {
        // a read mark may last longer
        var copy = _policy.IsMandatory ? TimeSpan.FromSeconds((PageCount - _next) * PageSize / _policy.CopyRate) : TimeSpan.Zero;
        var left = _policy.Budget - _time.GetElapsedTime(_heldSince) - copy;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    // Nothing may get out of a timer's callback: it would end the process.
    private void OnTimer()
    {
        lock (_gate)
        {
            try
            {
                SpoolIfDue();
            }
            catch (Exception e)
            {
                _failure = e; // the next read tells it
                ReleaseAfterFailure();
            }
        }
    }

    private void SpoolIfDue()
    {
        if (_released || _declined || _failure is not null)
        {
            return;
        }
        var left = GetTimeLeft();
        if (left > TimeSpan.Zero)
        {
            _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); // pages were read since: less is left to copy
        }
        else
        {
            Spool();
        }
    }

    private void ReleaseAfterFailure()
    {
        try
        {
            Release(verify: false);
        }
        catch (Exception)
        {
            // What failed before it is what the reader is told; whoever holds the image disposes it again.
        }
    }

    private void Spool()
    {
        if (!_policy.IsMandatory && (PageCount - _next) * PageSize > SpoolFile.FreeBytes(_policy.Folder) / 2)
        {
            _declined = true;
            return;
        }

        _spool = SpoolFile.Copy(_inner, _next, _policy.Folder, named: false, _stop.Token);
        Release();
    }

    private void Release(bool verify = true)
    {
        if (_released)
        {
            return;
        }
        if (verify)
        {
            _inner.Verify();
        }
        _released = true;
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _inner.Dispose();
    }
}
