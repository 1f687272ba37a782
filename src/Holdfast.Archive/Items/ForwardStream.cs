namespace Holdfast.Archive.Items;

/// <summary>
/// A number of bytes that can be read once, from front to back and asynchronously only, because they come from another machine or have to
/// be decrypted.
/// </summary>
/// <param name="length">Their number.</param>
public abstract class ForwardStream(long length) : Stream
{
    private long _read;

    /// <inheritdoc/>
    public sealed override bool CanRead => true;

    /// <inheritdoc/>
    public sealed override bool CanSeek => false;

    /// <inheritdoc/>
    public sealed override bool CanWrite => false;

    /// <inheritdoc/>
    public sealed override long Length => length;

    /// <summary>Number of bytes read so far; it cannot be set.</summary>
    public sealed override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _read);
        if (wanted == 0)
        {
            return 0;
        }
        var count = await ReadNextAsync(buffer[..wanted], cancellationToken);
        _read += count;
        return count;
    }

    /// <inheritdoc/>
    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CloseAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    public sealed override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    /// <inheritdoc/>
    public sealed override void Flush() { }

    /// <inheritdoc/>
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public sealed override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Reads the bytes from <see cref="Position"/> on, as many as are there, and at least one.</summary>
    /// <param name="buffer">Not empty, and not longer than what is left.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>Number of bytes; 0 if the bytes end too early.</returns>
    protected abstract ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Releases what it owns. Default: nothing.</summary>
    protected virtual ValueTask CloseAsync() => default;
}
