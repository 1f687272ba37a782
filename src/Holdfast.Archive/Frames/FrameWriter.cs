using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Frames;

/// <summary>
/// Splits a tar stream into frames of at most 1 MiB, compresses them in parallel and writes them in order, followed by the seek table.
/// </summary>
internal sealed class FrameWriter : IAsyncDisposable
{
    /// <summary>Size of the content of a full frame, in bytes.</summary>
    public const int FrameBytes = 1 << 20;

    private const int FirstBytes = 16 << 10;

    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> _output;
    private readonly OrderedWorkers<(PooledBuffer Data, bool Incompressible), (PooledBuffer Frame, int ContentBytes)> _workers;
    private readonly List<(uint Stored, uint Content)> _frames = [];
    private readonly CancellationToken _cancellationToken;
    private PooledBuffer? _current;

    /// <param name="level">zstd level, 1 to 19.</param>
    /// <param name="workers">Maximum number of frames in flight.</param>
    /// <param name="output">Receives the compressed bytes, in order.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public FrameWriter(
        int level,
        int workers,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        _output = output;
        _cancellationToken = cancellationToken;
        _workers = new(workers + 1, job => Compress(job.Data, job.Incompressible, level), WriteFrameAsync, cancellationToken);
    }

    /// <summary>Offset of the next byte in the tar stream.</summary>
    public long Position { get; private set; }

    /// <summary>Adds bytes to the current frame.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            _current ??= new PooledBuffer(Math.Clamp(bytes.Length, FirstBytes, FrameBytes));
            if (bytes.Length > _current.Free.Length && _current.Capacity < FrameBytes)
            {
                _current = _current.Grow(_current.Length + bytes.Length, FrameBytes);
            }
            var count = Math.Min(bytes.Length, _current.Free.Length);
            bytes.Span[..count].CopyTo(_current.Free);
            _current.Length += count;
            Position += count;
            bytes = bytes[count..];
            if (_current.Length == FrameBytes)
            {
                await EndFrameAsync();
            }
        }
    }

    /// <summary>Adds a buffer as a frame of its own, without copying; takes ownership of it.</summary>
    public async ValueTask WriteFrameAsync(PooledBuffer frame, bool incompressible)
    {
        await EndFrameAsync();
        Position += frame.Length;
        await _workers.AddAsync((frame, incompressible));
    }

    /// <summary>Ends the current frame, so that the next byte starts a new one.</summary>
    public async ValueTask EndFrameAsync()
    {
        if (_current is null)
        {
            return;
        }
        var frame = _current;
        _current = null;
        await _workers.AddAsync((frame, false));
    }

    /// <summary>Ends the last frame and writes the seek table.</summary>
    public async Task CompleteAsync()
    {
        await EndFrameAsync();
        await _workers.CompleteAsync();
        var padding = SeekTable.Padding(_frames);
        _frames.Add(((uint)padding.Length, 0));
        await _output((byte[])[.. padding, .. SeekTable.Write(_frames)], _cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _current?.Dispose();
    }

    private static (PooledBuffer Frame, int ContentBytes) Compress(PooledBuffer data, bool incompressible, int level)
    {
        using (data)
        {
            var frame = new PooledBuffer(ZstdPool.Bound(data.Length));
            frame.Length = ZstdPool.Compress(data.Span, frame.Free, level, incompressible);
            return (frame, data.Length);
        }
    }

    private async ValueTask WriteFrameAsync((PooledBuffer Frame, int ContentBytes) result, CancellationToken cancellationToken)
    {
        using var frame = result.Frame;
        _frames.Add(((uint)frame.Length, (uint)result.ContentBytes));
        await _output(frame.Memory, cancellationToken);
    }
}
