using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// The blocks that one destination has not written yet, in order: first in memory, then in the spool. One caller adds, another takes.
/// </summary>
/// <param name="spool">The spool of the node.</param>
internal sealed class OutputQueue(SpoolSpace spool) : IDisposable
{
    // Guards all fields below but _filling, which only the caller that adds uses. Blocks in memory are older than spooled ones: while
    // anything is spooled, nothing is added to memory.
    private readonly Lock _lock = new();
    private readonly Queue<OutputBlock> _blocks = new();
    private readonly Queue<SpoolSegment.Record> _spooled = new();
    private readonly Dictionary<SpoolSegment, int> _segments = []; // with the number of their blocks that were not taken
    private readonly SemaphoreSlim _items = new(0);
    private SpoolSegment? _filling;
    private SpoolCipher? _cipher; // from the first spooled block on
    private int _segmentCount;
    private long _queuedBytes;
    private bool _isCompleted;
    private bool _isClosed;

    /// <summary>Whether anything is in the spool.</summary>
    public bool IsSpooled
    {
        get
        {
            lock (_lock)
            {
                return _spooled.Count > 0;
            }
        }
    }

    /// <summary>Bytes in the spool, at most.</summary>
    public long SpooledBytes
    {
        get
        {
            lock (_lock)
            {
                return (long)_spooled.Count * OutputBlock.MaxBytes;
            }
        }
    }

    /// <summary>Bytes in memory.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_lock)
            {
                return _queuedBytes;
            }
        }
    }

    /// <summary>Adds a block to memory, or drops it if the queue was closed.</summary>
    /// <returns>Whether it was accepted; otherwise it has to go to the spool, or has to wait.</returns>
    public bool TryAdd(OutputBlock block)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return true;
            }
            // A queue that is empty always takes one block, so that a destination that keeps up never waits for others.
            if (
                _spooled.Count > 0
                || (_queuedBytes > 0 && _queuedBytes + block.Length > OutputResources.MaxQueuedBytes)
                || !block.TryAddReference(force: _queuedBytes == 0)
            )
            {
                return false;
            }
            _blocks.Enqueue(block);
            _queuedBytes += block.Length;
        }
        _items.Release();
        return true;
    }

    /// <summary>Adds a block to the spool.</summary>
    /// <returns>Whether there was space.</returns>
    /// <exception cref="HoldfastException">The folder of the spool cannot be used.</exception>
    /// <exception cref="IOException">Its disk is full or fails.</exception>
    public async ValueTask<bool> TrySpoolAsync(OutputBlock block, CancellationToken cancellationToken)
    {
        if (_filling is not { HasSpace: true })
        {
            var next = spool.TryCreateSegment(++_segmentCount);
            if (next is null || !TryStart(next))
            {
                return next is not null; // closed meanwhile
            }
        }
        var record = await _filling!.AppendAsync(block, _cipher ??= new(), cancellationToken);
        lock (_lock)
        {
            if (_isClosed)
            {
                return true;
            }
            _spooled.Enqueue(record);
            _segments[record.Segment]++;
        }
        _items.Release();
        return true;
    }

    /// <summary>Declares that nothing will be added any more.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isCompleted = true;
        }
        _items.Release();
    }

    /// <summary>Waits for the next block and passes it to a function. Its place is free once the function has ended.</summary>
    /// <returns>Whether there was one; false at the end.</returns>
    public async Task<bool> TakeAsync(
        Func<OutputFile, ReadOnlyMemory<byte>, CancellationToken, ValueTask> write,
        CancellationToken cancellationToken
    )
    {
        await _items.WaitAsync(cancellationToken);
        OutputBlock? block;
        SpoolSegment.Record record;
        lock (_lock)
        {
            record = default;
            if (!_blocks.TryPeek(out block) && !_spooled.TryPeek(out record))
            {
                return _isCompleted ? false : throw new InvalidOperationException("The queue signalled a block that it does not have.");
            }
        }
        if (block is not null)
        {
            await write(block.File, block.Bytes, cancellationToken);
            lock (_lock)
            {
                _blocks.Dequeue();
                _queuedBytes -= block.Length;
            }
            block.Release();
        }
        else
        {
            await write(record.File, await record.Segment.ReadAsync(record, _cipher!, cancellationToken), cancellationToken);
            FinishSpooled(record);
        }
        return true;
    }

    /// <summary>Discards what is queued; further blocks are dropped. <see cref="TakeAsync"/> must not run.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var block in _blocks)
            {
                block.Abandon();
            }
            _blocks.Clear();
            _spooled.Clear();
            _queuedBytes = 0;
            foreach (var segment in _segments.Keys.Where(s => s != _filling).ToList())
            {
                Remove(segment);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Neither <see cref="TakeAsync"/> nor <see cref="TrySpoolAsync"/> may run.</remarks>
    public void Dispose()
    {
        Close();
        _filling?.Dispose();
        _filling = null;
        _cipher?.Dispose();
        _items.Dispose();
    }

    private bool TryStart(SpoolSegment segment)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                segment.Dispose();
                return false;
            }
            var full = _filling;
            _filling = segment;
            _segments.Add(segment, 0);
            if (full is not null && _segments[full] == 0)
            {
                Remove(full);
            }
            return true;
        }
    }

    private void FinishSpooled(SpoolSegment.Record record)
    {
        lock (_lock)
        {
            _spooled.Dequeue();
            if (--_segments[record.Segment] == 0 && record.Segment != _filling)
            {
                Remove(record.Segment);
            }
        }
    }

    private void Remove(SpoolSegment segment)
    {
        _segments.Remove(segment);
        segment.Dispose();
    }
}
