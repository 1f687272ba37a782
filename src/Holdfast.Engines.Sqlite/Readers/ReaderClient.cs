using System.Text.Json;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// A reader process that serves many jobs at once. A dedicated thread receives its replies: jobs wait for them on
/// threads of the pool, which may all be in use. Lock order: the pool calls into a client under its own gate, so the
/// exit callback is invoked with none of this object's locks held.
/// </summary>
internal sealed class ReaderClient
{
    private readonly ReaderTransport _transport;
    private readonly Action<ReaderClient> _onExit;
    private readonly Lock _gate = new(),
        _writeGate = new();
    private readonly Dictionary<long, TaskCompletionSource<ReaderReply>> _waiting = [];
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _exitReason;
    private long _requests;

    /// <summary>Takes ownership of a transport.</summary>
    /// <param name="transport">The process.</param>
    /// <param name="onExit">
    /// Called when the process has exited, before any job is notified. No lock is held during the call.
    /// </param>
    public ReaderClient(ReaderTransport transport, Action<ReaderClient> onExit)
    {
        (_transport, _onExit) = (transport, onExit);
        new Thread(Receive) { IsBackground = true, Name = "reader of databases" }.Start();
    }

    /// <summary>Number of its jobs; guarded by the pool's lock.</summary>
    public int Jobs { get; set; }

    /// <summary>
    /// Time since which it has no job, by <see cref="TimeProvider.GetTimestamp"/>; guarded by the pool's lock.
    /// </summary>
    public long IdleSince { get; set; }

    /// <summary>Whether the process has exited.</summary>
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

    /// <summary>Completes when the process has exited.</summary>
    public Task Exited => _exited.Task;

    /// <summary>Sends a request; the task completes with its reply.</summary>
    /// <exception cref="ReaderExitedException">Through the task: the process exited before it replied.</exception>
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
            lock (_writeGate)
            {
                ReaderFrames.Write(_transport.Requests, request with { Id = id });
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process has exited; the receiving thread fails the request.
        }

        return waiting.Task;
    }

    /// <summary>Kills the process.</summary>
    public void Kill() => _transport.Kill();

    /// <summary>Lets the process exit once its requests have onExit.</summary>
    public void Close()
    {
        lock (_writeGate)
        {
            _transport.Requests.Dispose();
        }
    }

    private void Receive()
    {
        HoldfastException? refused = null;
        try
        {
            if (ReaderFrames.ReadReply(_transport.Replies) is { } greeting && greeting.Build != ReaderService.Build)
            {
                refused = new(
                    ErrorCatalog.SourceUnreadable,
                    "The program was replaced after it was started: the process that reads databases is of another build.",
                    "Restart the server."
                );
            }
            while (refused is null && ReaderFrames.ReadReply(_transport.Replies) is { } reply)
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
            // A malformed message does not come from a healthy reader.
        }

        _transport.Kill(); // if it is still running, it has closed its end of the pipe
        var exitDescription = _transport.WaitForExit();
        _transport.Dispose();
        List<TaskCompletionSource<ReaderReply>> left;
        lock (_gate)
        {
            _exitReason = refused ?? (Exception)new ReaderExitedException(exitDescription);
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
