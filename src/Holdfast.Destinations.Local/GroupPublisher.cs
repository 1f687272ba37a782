using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>
/// Makes uploads durable in groups: uploads that arrive while one group is being flushed form the next. Files of a small group are
/// flushed one by one; a large group flushes the file system once before and once after the renames, so that 10,000 small archives
/// do not wait for 10,000 flushes. No handle stays open between two groups, so a disk can be unmounted or replaced while nothing is
/// being published.
/// </summary>
internal sealed class GroupPublisher : IAsyncDisposable
{
    private const int FewFiles = 4;

    private readonly LocalRoot _root;

    // Guards all fields below. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private readonly HashSet<string> _unflushed = new(StringComparer.Ordinal); // relative to the root
    private List<Request> _waiting = [];
    private Task _loop = Task.CompletedTask;
    private Task _flushing = Task.CompletedTask;
    private bool _isRunning;
    private bool _isClosed;

    /// <summary>Creates a publisher.</summary>
    /// <param name="root">The root that contains the files.</param>
    /// <param name="isWritten">
    /// Whether the root will be written to. If so, what a killed process may have left unflushed is flushed first.
    /// </param>
    public GroupPublisher(LocalRoot root, bool isWritten)
    {
        _root = root;
        if (isWritten)
        {
            _unflushed.Add("");
        }
    }

    private sealed record Request(IReadOnlyList<LocalUpload> Uploads, TaskCompletionSource Done);

    /// <summary>Publishes the uploads, and returns when they are on disk.</summary>
    /// <exception cref="HoldfastException">The uploads are not published, or it is unknown whether they are on disk.</exception>
    public Task PublishAsync(IReadOnlyList<LocalUpload> uploads)
    {
        var request = new Request(uploads, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_isClosed)
            {
                return Task.FromException(
                    new HoldfastException(
                        ErrorCatalog.DestinationFailed,
                        $"Destination '{_root.Path}' was closed before this was published.",
                        "Try again: it will be reopened."
                    )
                );
            }
            _waiting.Add(request);
            if (!_isRunning)
            {
                _loop = Task.Run(Run);
            }
            _isRunning = true;
        }

        return request.Done.Task;
    }

    /// <summary>
    /// Flushes renamed files that may not be on disk yet: those of a failed flush and, once at the start, those of a killed
    /// process. Nothing is listed until that has succeeded. Otherwise a backup could build on such an archive, or skip itself
    /// because of it.
    /// </summary>
    public Task FlushPendingAsync()
    {
        lock (_gate)
        {
            if (!_flushing.IsCompleted)
            {
                return _flushing;
            }
            return _unflushed.Count == 0 ? Task.CompletedTask : _flushing = Task.Run(FlushPending);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosed = true; // requests that already wait are still published
        }
        await _loop;
    }

    private void Run()
    {
        while (true)
        {
            List<Request> group;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _isRunning = false;
                    return;
                }

                (group, _waiting) = (_waiting, []);
            }

            Publish(group);
        }
    }

    private void Publish(List<Request> group)
    {
        var devices = new Dictionary<DeviceStamp, LocalFolder>();
        try
        {
            _root.CheckIdentity();
            var alive = Each(group, u => u.CheckLocation());
            var uploads = alive.SelectMany(r => r.Uploads).ToList();
            if (uploads.Count <= FewFiles)
            {
                var renamed = Each(Each(alive, u => u.Flush()), u => u.Rename());
                Finish(renamed, r => _root.FlushNames(r.Uploads));
            }
            else
            {
                foreach (var upload in uploads)
                {
                    Open(upload, devices);
                }
                foreach (var folder in devices.Values)
                {
                    Posix.FlushFileSystem(folder.Handle);
                }
                var renamed = Each(Each(alive, u => u.CheckWritten()), u => u.Rename());
                FinishAll(renamed, () => _root.FlushNames(uploads, devices.Values));
            }
        }
        catch (Exception e)
        {
            foreach (var request in group)
            {
                request.Done.TrySetException(LocalFailure.Of(e, _root.Path));
            }
        }
        finally
        {
            foreach (var folder in devices.Values)
            {
                folder.Dispose();
            }
        }
    }

    // Runs a step for every request and returns those that succeeded. A failed request does not stop the others.
    private List<Request> Each(List<Request> group, Action<LocalUpload> step) =>
        group.FindAll(request =>
        {
            try
            {
                foreach (var upload in request.Uploads)
                {
                    step(upload);
                }
                return true;
            }
            catch (Exception e)
            {
                request.Done.TrySetException(LocalFailure.Of(e, _root.Path));
                return false;
            }
        });

    private void Finish(List<Request> renamed, Action<Request> flush)
    {
        foreach (var request in renamed)
        {
            FinishAll([request], () => flush(request));
        }
    }

    private void FinishAll(List<Request> renamed, Action flush)
    {
        try
        {
            flush();
        }
        catch (Exception e)
        {
            // The files are already renamed. The callers get the failure; the files are flushed again before anyone lists them.
            lock (_gate)
            {
                _unflushed.UnionWith(renamed.SelectMany(r => r.Uploads).Select(u => u.Folder));
            }
            foreach (var request in renamed)
            {
                request.Done.TrySetException(LocalFailure.Of(e, _root.Path));
            }
            return;
        }

        foreach (var request in renamed)
        {
            request.Done.TrySetResult();
        }
    }

    private void Open(LocalUpload upload, Dictionary<DeviceStamp, LocalFolder> devices)
    {
        if (devices.ContainsKey(upload.Device))
        {
            return;
        }
        var folder = _root.OpenFolder(upload.Folder);
        devices[upload.Device] = folder; // disposed with the others, whatever its device is
        if (Posix.StampOf(folder.Handle).Device != upload.Device)
        {
            throw new IOException($"'{_root.Path}/{upload.Folder}' was remounted while it was written to.");
        }
    }

    private void FlushPending()
    {
        List<string> folders;
        lock (_gate)
        {
            folders = [.. _unflushed];
            _unflushed.Clear(); // a folder that is added from here on may be too late for this flush
        }

        try
        {
            _root.CheckIdentity();
            var flushed = new HashSet<DeviceStamp>();
            foreach (var folder in folders)
            {
                using var opened = Find(folder);
                if (opened is not null && flushed.Add(Posix.StampOf(opened.Handle).Device))
                {
                    Posix.FlushFileSystem(opened.Handle);
                }
            }
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _unflushed.UnionWith(folders);
            }
            throw LocalFailure.Of(e, _root.Path);
        }
    }

    // Null if the folder no longer exists.
    private LocalFolder? Find(string folder)
    {
        try
        {
            return _root.OpenFolder(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }
}
