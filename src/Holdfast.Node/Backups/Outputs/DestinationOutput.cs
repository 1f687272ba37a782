using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Destinations;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// Writes the files of a backup to one destination, at its own speed, from a queue that the backup fills. Ends with the first failure; what
/// is added afterwards is dropped.
/// </summary>
internal sealed class DestinationOutput : IAsyncDisposable
{
    private readonly IDestination _destination;
    private readonly IUpload _archive;
    private readonly IUpload _index;
    private readonly SpoolSpace _spool;
    private readonly OutputQueue _queue;
    private readonly Action<long> _stored;
    private readonly CancellationTokenSource _stop;
    private readonly Task _writing;
    private Task<bool>? _sharesDisk; // asked when the spool is first needed
    private volatile Exception? _failure;
    private volatile bool _isClosing;
    private volatile OutputState _finalState = OutputState.Writing; // while it writes, the queue says more
    private volatile TaskCompletionSource _room = CreateSignal();

    /// <summary>Starts to wait for blocks.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="archive">The upload of the archive. The caller owns it, and must not use it before the output has ended.</param>
    /// <param name="index">The upload of the index; the same.</param>
    /// <param name="spool">The spool of the node.</param>
    /// <param name="stored">Receives the number of bytes of the archive after each write.</param>
    /// <param name="cancellationToken">Cancels writing.</param>
    public DestinationOutput(
        IDestination destination,
        IUpload archive,
        IUpload index,
        SpoolSpace spool,
        Action<long> stored,
        CancellationToken cancellationToken
    )
    {
        (_destination, _archive, _index) = (destination, archive, index);
        (_spool, _stored, _queue) = (spool, stored, new(spool));
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _writing = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <summary>
    /// Whether the spool can relieve it: not if the destination is on the same disk. Assumed until the destination has said so, because one
    /// that hangs does not.
    /// </summary>
    public bool CanSpool => _sharesDisk is not { IsCompletedSuccessfully: true, Result: true };

    /// <summary>Why the spool could not be used; null if it could, or was not needed.</summary>
    public Exception? SpoolProblem { get; private set; }

    /// <summary>Why it ended early; null if it has not.</summary>
    public Exception? Failure => _failure;

    /// <summary>How far it is.</summary>
    public OutputState State =>
        _failure is not null ? OutputState.Dropped
        : _finalState != OutputState.Writing ? _finalState
        : _queue.IsSpooled ? OutputState.Spooled
        : _queue.QueuedBytes > OutputResources.MaxQueuedBytes / 2 ? OutputState.Behind
        : OutputState.Writing;

    /// <summary>Whether it is so little behind that waiting for it costs less than the spool.</summary>
    public bool IsSlightlyBehind => _queue.SpooledBytes <= OutputResources.MaxQueuedBytes;

    /// <summary>Adds a block to memory.</summary>
    /// <returns>Whether it was accepted or is no longer wanted; false if there is no room, or the spool has older blocks.</returns>
    public bool TryAddToMemory(OutputBlock block) => _failure is not null || _queue.TryAdd(block);

    /// <summary>Adds a block to memory or to the spool.</summary>
    /// <returns>Whether it was accepted or is no longer wanted; false if there is no room.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<bool> TryAddAsync(OutputBlock block, CancellationToken cancellationToken)
    {
        if (_failure is not null || _queue.TryAdd(block))
        {
            return true;
        }
        _sharesDisk ??= Task.Run(IsOnSpoolDiskAsync, CancellationToken.None);
        try
        {
            return CanSpool && await _queue.TrySpoolAsync(block, cancellationToken);
        }
        catch (Exception e) when (e is HoldfastException or IOException)
        {
            SpoolProblem = e; // as if it were full
            return false;
        }
    }

    /// <summary>A task that ends after the next block was written, or when writing has ended.</summary>
    public Task NextRoom => _room.Task;

    /// <summary>Ends the output with a failure, unless it has ended.</summary>
    public void Drop(Exception failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        _stop.Cancel();
    }

    /// <summary>Declares that nothing will be added any more, and waits until everything is written.</summary>
    /// <returns>The failure; null if everything is written.</returns>
    public async Task<Exception?> CompleteAsync()
    {
        _queue.Complete();
        await _writing;
        return _failure;
    }

    /// <summary>Reports what happens after writing.</summary>
    public void Report(OutputState state) => _finalState = state;

    /// <summary>Stops it. If it has not ended, that is no failure: nothing had to be stored, or the whole backup has failed.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosing = true;
        await _stop.CancelAsync();
        await _writing;
        _queue.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource CreateSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<bool> IsOnSpoolDiskAsync()
    {
        try
        {
            _spool.CreateFolder();
            return await _destination.IsOnFileSystemOfAsync(_spool.Folder, _stop.Token);
        }
        catch (Exception)
        {
            return false; // whatever is wrong with it, writing to it will show
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (await _queue.TakeAsync(WriteAsync, _stop.Token))
            {
                Interlocked.Exchange(ref _room, CreateSignal()).TrySetResult();
            }
        }
        // Whatever it is, also a cancellation, it is the failure of this destination; the backup knows whether it was cancelled.
        catch (Exception e)
        {
            if (!_isClosing)
            {
                Interlocked.CompareExchange(ref _failure, e, null);
            }
            _queue.Close();
        }
        _room.TrySetResult();
    }

    private async ValueTask WriteAsync(OutputFile file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await (file == OutputFile.Archive ? _archive : _index).WriteAsync(bytes, cancellationToken);
        if (file == OutputFile.Archive)
        {
            _stored(bytes.Length);
        }
    }
}
