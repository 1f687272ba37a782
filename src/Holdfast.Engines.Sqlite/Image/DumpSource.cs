using System.Runtime.InteropServices;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Pins a database for a dump. Meanwhile writers wait (rollback mode), or the log cannot restart and the writer whose
/// commit triggers the next checkpoint pays for all of it (WAL mode). So the pin must not last through slow steps
/// before the dump (a destination's folders, key derivation from a passphrase) or through a slow upload: the pages are
/// copied when the dump begins, or when the time is up before that. Copying is several times faster than dumping. A
/// small database is copied into memory.
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
    private bool _started,
        _disposed;

    /// <summary>Takes ownership of <paramref name="image"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="plan">What the view reads.</param>
    /// <param name="policy">How long the pin may last.</param>
    /// <param name="heldSince">When the pin began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="time">The clock.</param>
    public DumpSource(LockedImage image, SqliteViewPlan plan, SpoolPolicy policy, long heldSince, TimeProvider time)
    {
        (_image, _plan, _policy) = (image, plan, policy);
        var left = policy.Budget - time.GetElapsedTime(heldSince) - TimeSpan.FromSeconds(image.Length / policy.CopyRate);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Path of the copy, to be opened by SQLite.</summary>
    public string CopyPath => _copy!.Path;

    /// <summary>Decides what the dump reads from, and copies the pages if it reads from a copy.</summary>
    public DumpOrigin SelectOrigin(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _started = true;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (_failure is not null)
            {
                throw new HoldfastException(
                    (_failure as HoldfastException)?.Error ?? ErrorCatalog.SourceUnreadable,
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

    /// <summary>Opens what the dump reads from, inside a read transaction.</summary>
    public SqliteConnection Open(DumpOrigin origin)
    {
        if (origin == DumpOrigin.Database)
        {
            return SourceConnection.Open(_image, _plan.Key);
        }
        var connection =
            origin == DumpOrigin.Memory
                ? OpenInMemory()
                : SqliteConnection.Open(CopyPath, SqliteConstants.OpenReadWrite, _plan.Key, displayPath: _image.FilePath);
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

    // Copying a small database into memory takes little time. SQLite opens the copy there: no file is needed, and no
    // writer waits for the dump.
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
        _stop.Cancel(); // stops a copy that is in progress, which holds the gate
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

    // Runs on a timer thread, under the gate: the timer and SelectOrigin never copy at the same time. An exception that
    // escaped from a timer callback would end the process.
    private void OnTimer()
    {
        lock (_gate)
        {
            try
            {
                if (_started || _disposed || _copy is not null || _failure is not null)
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
                _failure = e; // reported when the dump begins
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
            // The reader gets the first failure; Dispose disposes the image again.
        }
    }

    private void Copy(CancellationToken cancellationToken)
    {
        _copy = SpoolFile.Copy(_image, 0, _policy.Folder, named: true, cancellationToken);
        _image.Verify();
        _image.Dispose();
        _copy.Dispose(); // closed before SQLite opens it, so that closing cannot drop SQLite's locks
    }
}
