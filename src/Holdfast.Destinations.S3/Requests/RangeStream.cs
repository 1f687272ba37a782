using Holdfast.Core.Errors;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Reads a range of an object. When the connection breaks, it goes on from where it was with another request.</summary>
internal sealed class RangeStream : Stream
{
    // Breaks without a byte in between; each reopening has retries of its own.
    private const int MaxBreaks = 3;

    private readonly long _offset;
    private readonly Func<long, long, CancellationToken, Task<S3Range>> _reopen;
    private readonly string _name;
    private S3Range? _range;
    private long _read;
    private int _breaks;

    /// <summary>Reads a range.</summary>
    /// <param name="first">The opened range.</param>
    /// <param name="reopen">Opens the rest of the range: offset and length.</param>
    /// <param name="name">Name of the object, for errors.</param>
    public RangeStream(S3Range first, Func<long, long, CancellationToken, Task<S3Range>> reopen, string name)
    {
        (_range, _offset, Length, _reopen, _name) = (first, first.Offset, first.Length, reopen, name);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, Length - _read);
        while (wanted > 0)
        {
            try
            {
                _range ??= await _reopen(_offset + _read, Length - _read, cancellationToken);
                var count = await _range.Content.ReadAsync(buffer[..wanted], cancellationToken);
                if (count > 0)
                {
                    _breaks = 0;
                    _read += count;
                    return count;
                }
                throw new EndOfStreamException("the answer ended early");
            }
            catch (Exception e)
                when (e is not HoldfastException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                await CloseAsync();
                if (++_breaks > MaxBreaks)
                {
                    throw new HoldfastException(
                        ErrorCatalog.DestinationFailed,
                        $"The connection broke at byte {_offset + _read} of '{_name}': {e.Message.TrimEnd('.')}.",
                        "Check the network connection to the store.",
                        e
                    );
                }
            }
        }
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _range?.Content.Dispose();
            _range = null;
        }
        base.Dispose(disposing);
    }

    private async ValueTask CloseAsync()
    {
        if (_range is { } range)
        {
            _range = null;
            await range.DisposeAsync();
        }
    }
}
