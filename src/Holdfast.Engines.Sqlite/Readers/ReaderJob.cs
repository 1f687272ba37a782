using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>One database that a reader process has, until it is disposed.</summary>
internal sealed class ReaderJob : IAsyncDisposable
{
    // Long enough for a large copy to be put aside; a statement that never ends would keep a core busy for good.
    private static readonly TimeSpan MaxCloseWait = TimeSpan.FromSeconds(30);

    private readonly ReaderPool _pool;
    private readonly TimeProvider _time;
    private readonly long _id;
    private int _disposed;

    /// <summary>Made by the pool.</summary>
    public ReaderJob(ReaderPool pool, ReaderClient reader, long id, string path, bool isAlone, TimeProvider time)
    {
        (_pool, Reader, _id, Path, IsIsolated, _time) = (pool, reader, id, path, isAlone, time);
    }

    /// <summary>The process.</summary>
    public ReaderClient Reader { get; }

    /// <summary>Path of the database.</summary>
    public string Path { get; }

    /// <summary>Whether the process has no other job: should it end, this database is why.</summary>
    public bool IsIsolated { get; }

    /// <summary>Asks for something.</summary>
    /// <exception cref="HoldfastException">What the reader says, or it has ended.</exception>
    public async Task<ReaderReply> CallAsync(ReaderRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested(); // waiting for what has come already does not look at it
        try
        {
            return ThrowIfFailed(await Reader.CallAsync(request with { Job = _id }).WaitAsync(cancellationToken));
        }
        catch (ReaderExitedException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>The same, for callers that cannot wait otherwise.</summary>
    public ReaderReply Call(ReaderRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reply = Reader.CallAsync(request with { Job = _id });
        try
        {
            reply.Wait(cancellationToken);
            return ThrowIfFailed(reply.Result);
        }
        catch (AggregateException e) when (e.InnerException is ReaderExitedException ended)
        {
            throw Explain(ended);
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
            // Whoever waited for it was told.
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

    private static ReaderReply ThrowIfFailed(ReaderReply reply) => reply.Failure is { } fault ? throw fault.ToException() : reply;

    private HoldfastException Explain(ReaderExitedException e) =>
        IsIsolated
            ? new(
                ErrorCatalogue.SourceReaderCrashed,
                $"Reading '{Path}' ended the process that read it ({e.Message}), which had no other database.",
                "Check the file with: sqlite3 FILE 'PRAGMA integrity_check'. If it is sound, somebody who may write to it or "
                    + "its -shm file changed them while they were read. The other databases are backed up as ever.",
                e
            )
            : new(
                ErrorCatalogue.SourceConflict,
                $"The process that read '{Path}' and others ended ({e.Message}).",
                "It is read again by itself, in a process of its own.",
                e
            );
}
