using System.Text.Json;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// One reader process, used by many jobs at once. Replies are received by a thread of its own: jobs wait for them in
/// threads of the pool, of which there
/// may be none left.
/// </summary>
internal sealed class ReaderClient
{
    private readonly ReaderTransport _link;
    private readonly Action<ReaderClient> _onExit;
    private readonly Lock _gate = new(),
        _writing = new();
    private readonly Dictionary<long, TaskCompletionSource<ReaderReply>> _waiting = [];
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _exitReason;
    private long _requests;

    /// <summary>Takes over a link.</summary>
    /// <param name="link">The process.</param>
    /// <param name="ended">Called when it has ended, before any job is told of that.</param>
    public ReaderClient(ReaderTransport link, Action<ReaderClient> ended)
    {
        (_link, _onExit) = (link, ended);
        new Thread(Receive) { IsBackground = true, Name = "reader of databases" }.Start();
    }

    /// <summary>Jobs that it has; guarded by the pool's lock.</summary>
    public int Jobs { get; set; }

    /// <summary>Since when it has none, by <see cref="TimeProvider.GetTimestamp"/>; guarded by the pool's lock.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited
    {
        get
        {
            lock (_gate)
            {
                return _exitReason is not null;
            }
        }
    }

    /// <summary>Done when it has ended.</summary>
    public Task Exited => _exited.Task;

    /// <summary>Sends a request; the task ends with its reply.</summary>
    /// <exception cref="ReaderExitedException">Through the task: the process ended before it answered.</exception>
    public Task<ReaderReply> CallAsync(ReaderRequest request)
    {
        var waiting = new TaskCompletionSource<ReaderReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = Interlocked.Increment(ref _requests);
        lock (_gate)
        {
            if (_exitReason is not null)
            {
                return Task.FromException<ReaderReply>(_exitReason);
            }
            _waiting[id] = waiting;
        }

        try
        {
            lock (_writing)
            {
                ReaderFrames.Write(_link.Requests, request with { Id = id });
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has ended: who receives says how.
        }

        return waiting.Task;
    }

    /// <summary>Ends the process now.</summary>
    public void Kill() => _link.Kill();

    /// <summary>Lets the process end, where it has no job.</summary>
    public void Close()
    {
        lock (_writing)
        {
            _link.Requests.Dispose();
        }
    }

    private void Receive()
    {
        HoldfastException? refused = null;
        try
        {
            if (ReaderFrames.ReadReply(_link.Replies) is { } hello && hello.Build != ReaderService.Build)
            {
                refused = new(
                    ErrorCatalogue.SourceUnreadable,
                    "The program was replaced since it was started: the process that reads databases is of another build.",
                    "Restart the server."
                );
            }
            while (refused is null && ReaderFrames.ReadReply(_link.Replies) is { } reply)
            {
                TaskCompletionSource<ReaderReply>? waiting;
                lock (_gate)
                {
                    _waiting.Remove(reply.Id, out waiting);
                }
                waiting?.TrySetResult(reply);
            }
        }
        catch (Exception e) when (e is IOException or JsonException or ObjectDisposedException)
        {
            // What makes no sense is not from a reader that is well.
        }

        _link.Kill(); // where it still lives, it closed its end of the pipe
        var how = _link.WaitForExit();
        _link.Dispose();
        List<TaskCompletionSource<ReaderReply>> left;
        lock (_gate)
        {
            _exitReason = refused ?? (Exception)new ReaderExitedException(how);
            left = [.. _waiting.Values];
            _waiting.Clear();
        }

        _onExit(this);
        foreach (var waiting in left)
        {
            waiting.TrySetException(_exitReason);
        }
        _exited.SetResult();
    }
}
