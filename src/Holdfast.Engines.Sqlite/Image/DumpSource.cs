using System.Runtime.InteropServices;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Holds a database for a dump. Its writers wait for it (rollback mode), or their log cannot start over and the one
/// whose commit moves it into
/// the database pays for all of it (WAL mode). So neither what comes before the dump (a slow destination's folders, a key derived from a
/// passphrase) nor a destination that takes the dump slowly may last: the pages are copied when the dump begins, or
/// when the time is up before
/// that. A copy is made several times faster than a dump. A small database is copied into memory.
/// </summary>
internal sealed unsafe class DumpSource : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LockedImage _image;
    private readonly SqliteViewPlan _plan;
    private readonly SpoolPolicy _policy;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private SpoolFile? _copy;
    private byte* _pages;
    private Exception? _failure;
    private bool _begun,
        _disposed;

    /// <summary>Takes over <paramref name="image"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="plan">What is made.</param>
    /// <param name="policy">What is allowed.</param>
    /// <param name="heldSince">When the hold began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="time">The clock.</param>
    public DumpSource(LockedImage image, SqliteViewPlan plan, SpoolPolicy policy, long heldSince, TimeProvider time)
    {
        (_image, _plan, _policy) = (image, plan, policy);
        var left = policy.Budget - time.GetElapsedTime(heldSince) - TimeSpan.FromSeconds(image.Length / policy.CopyRate);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Path of the copy, for SQLite to open.</summary>
    public string CopyPath => _copy!.Path;

    /// <summary>Decides where the dump is made from, and makes the copy where it is from that.</summary>
    public DumpOrigin SelectOrigin(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _begun = true;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (_failure is not null)
            {
                throw new HoldfastException(
                    (_failure as HoldfastException)?.Error ?? ErrorCatalogue.SourceUnreadable,
                    _failure.Message,
                    (_failure as HoldfastException)?.Hint,
                    _failure
                );
            }
            if (_copy is not null)
            {
                return DumpOrigin.Copy;
            }
            if (!_plan.IsEncrypted && _image.Length <= _plan.MaxDumpInMemory)
            {
                return DumpOrigin.Memory;
            }
            if (CanHoldLonger && !HasRoom && _image.IsProtectedByLocks)
            {
                return DumpOrigin.Database;
            }
            Copy(cancellationToken);
            return DumpOrigin.Copy;
        }
    }

    /// <summary>Opens what the dump is made from, inside a read transaction.</summary>
    public SqliteConnection Open(DumpOrigin way)
    {
        if (way == DumpOrigin.Database)
        {
            return SourceConnection.Open(_image, _plan.Key);
        }
        var connection =
            way == DumpOrigin.Memory
                ? OpenInMemory()
                : SqliteConnection.Open(CopyPath, SqliteConstants.OpenReadWrite, _plan.Key, shownPath: _image.FilePath);
        try
        {
            SourceConnection.BeginRead(connection, _plan.Key);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // A small database is read at once, and SQLite opens it in memory: no file is made for it, and nobody waits for the dump.
    private SqliteConnection OpenInMemory()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var length = _image.Length;
            _pages = (byte*)NativeMemory.Alloc((nuint)length);
            _image.Read(0, new Span<byte>(_pages, (int)length));
            _image.Verify();
            _image.Dispose();
            return SqliteConnection.OpenImage(_pages, length, _image.FilePath);
        }
    }

    private bool CanHoldLonger => !_policy.IsMandatory || _image.Length / _plan.DumpRate <= _policy.Budget.TotalSeconds;

    private bool HasRoom => _image.Length <= SpoolFile.FreeBytes(_policy.Folder) / (_policy.IsMandatory ? 1 : 2);

    /// <inheritdoc/>
    public void Dispose()
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
            _timer.Dispose();
            _image.Dispose();
            _copy?.Remove();
            NativeMemory.Free(_pages);
            _pages = null;
            _stop.Dispose();
        }
    }

    // Nothing may get out of a timer's callback: it would end the process.
    private void OnTimer()
    {
        lock (_gate)
        {
            try
            {
                if (_begun || _disposed || _copy is not null || _failure is not null)
                {
                    return;
                }
                if (_policy.IsMandatory || HasRoom)
                {
                    Copy(_stop.Token);
                }
            }
            catch (Exception e)
            {
                _failure = e; // told when the dump begins
                ReleaseImage();
            }
        }
    }

    private void ReleaseImage()
    {
        try
        {
            _image.Dispose();
        }
        catch (Exception)
        {
            // What failed before it is what the reader is told; the image is disposed again with this.
        }
    }

    private void Copy(CancellationToken cancellationToken)
    {
        _copy = SpoolFile.Copy(_image, 0, _policy.Folder, named: true, cancellationToken);
        _image.Verify();
        _image.Dispose();
        _copy.Dispose(); // closed before SQLite opens it: no lock is lost
    }
}
