using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Bounds how long an image stays pinned: pages are read directly while time allows, then all remaining pages are
/// copied into a spool file and the pin is released. A timer enforces this because a reader that waits for a slow
/// destination requests no pages. After the last page the pin is released in any case. The gate serialises readers, the
/// timer and Dispose; the image is only read, verified and released under it.
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

    /// <summary>Takes ownership of <paramref name="inner"/>.</summary>
    /// <param name="inner">The image.</param>
    /// <param name="policy">How long the pin may last.</param>
    /// <param name="heldSince">When the pin began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
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

    /// <summary>Whether pages have been copied into a spool file.</summary>
    public bool UsesSpool => _spool is not null;

    /// <summary>Whether the database is no longer pinned.</summary>
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
                    (_failure as HoldfastException)?.Error ?? ErrorCatalog.SourceUnreadable,
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

    /// <summary>Copies all remaining pages now and releases the pin, regardless of the time that the policy allows.</summary>
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
        _stop.Cancel(); // stops a copy that is in progress, which holds the gate
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

    // Runs on a timer thread. An exception that escaped from a timer callback would end the process.
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
                _failure = e; // reported by the next read
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
            // pages were read meanwhile, so less remains to be copied
            _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
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
            // The reader gets the first failure; the owner of the image disposes it again.
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
