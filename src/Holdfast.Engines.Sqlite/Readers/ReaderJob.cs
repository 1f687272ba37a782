using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>One database that a reader process has open, until this is disposed.</summary>
internal sealed class ReaderJob : IAsyncDisposable
{
    // Long enough to finish a large copy; a statement that never ends would keep a core busy forever.
    private static readonly TimeSpan MaxCloseWait = TimeSpan.FromSeconds(30);

    private readonly ReaderPool _pool;
    private readonly TimeProvider _time;
    private readonly long _id;
    private int _disposed;

    /// <summary>Called by the pool.</summary>
    public ReaderJob(ReaderPool pool, ReaderClient reader, long id, string path, bool isIsolated, TimeProvider time)
    {
        (_pool, Reader, _id, Path, IsIsolated, _time) = (pool, reader, id, path, isIsolated, time);
    }

    /// <summary>The process.</summary>
    public ReaderClient Reader { get; }

    /// <summary>Path of the database.</summary>
    public string Path { get; }

    /// <summary>Whether the process has no other job: if it exits, this database is the cause.</summary>
    public bool IsIsolated { get; }

    /// <summary>Sends a request and waits for the reply.</summary>
    /// <exception cref="HoldfastException">The failure that the reader reports, or the process has exited.</exception>
    public async Task<ReaderReply> CallAsync(ReaderRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested(); // WaitAsync ignores the token if the task has already completed
        try
        {
            return ThrowIfFailed(await Reader.CallAsync(request with { Job = _id }).WaitAsync(cancellationToken));
        }
        catch (ReaderExitedException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>Blocks until the reply arrives, for callers that cannot await.</summary>
    public ReaderReply Call(ReaderRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reply = Reader.CallAsync(request with { Job = _id });
        try
        {
            reply.Wait(cancellationToken);
            return ThrowIfFailed(reply.Result);
        }
        catch (AggregateException e) when (e.InnerException is ReaderExitedException exited)
        {
            throw Explain(exited);
        }
        catch (AggregateException e) when (e.InnerException is HoldfastException refused)
        {
            throw new HoldfastException(refused.Error, refused.Message, refused.Hint, refused);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        try
        {
            await Reader.CallAsync(new() { Command = ReaderCommand.Close, Job = _id }).WaitAsync(MaxCloseWait, _time);
        }
        catch (Exception e) when (e is ReaderExitedException or HoldfastException)
        {
            // The failure has already been reported to the caller that waited for it.
        }
        catch (TimeoutException)
        {
            Reader.Kill();
            await Reader.Exited;
        }
        finally
        {
            _pool.Return(this);
        }
    }

    private static ReaderReply ThrowIfFailed(ReaderReply reply) => reply.Failure is { } failure ? throw failure.ToException() : reply;

    private HoldfastException Explain(ReaderExitedException e) =>
        IsIsolated
            ? new(
                ErrorCatalog.SourceReaderCrashed,
                $"Reading '{Path}' crashed the process that read it ({e.Message}), which had no other database open.",
                "Check the file with: sqlite3 FILE 'PRAGMA integrity_check'. If it is intact, a user with write access to it or "
                    + "its -shm file changed them while they were being read. Other databases are not affected.",
                e
            )
            : new(
                ErrorCatalog.SourceConflict,
                $"The process that read '{Path}' and other databases exited ({e.Message}).",
                "It is read again in a separate process.",
                e
            );
}
