using Holdfast.Core.Errors;

namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>A range of a file with several copies. When one fails in the middle, the rest comes from the next.</summary>
/// <param name="source">The file.</param>
/// <param name="copy">Number of the copy that is read.</param>
/// <param name="stream">The range of that copy; owned.</param>
/// <param name="offset">Offset of the range.</param>
/// <param name="length">Its length, in bytes.</param>
internal sealed class CopiesStream(CopiesSource source, int copy, Stream stream, long offset, long length) : Stream
{
    private int _copy = copy;
    private Stream _stream = stream;
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var count = await _stream.ReadAsync(buffer, cancellationToken);
                _read += count;
                return count;
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                if (!await source.TryNextCopyAsync(_copy, e, cancellationToken))
                {
                    throw;
                }
            }
            await _stream.DisposeAsync();
            _copy = source.Copy;
            _stream = await source.OpenReadAsync(offset + _read, length - _read, cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await base.DisposeAsync();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
