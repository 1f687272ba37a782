using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Reads a range of an object. When the connection breaks, it goes on from where it was with another request.</summary>
internal sealed class RangeStream : ForwardStream
{
    // Breaks without a byte in between; each reopening has retries of its own.
    private const int MaxBreaks = 3;

    private readonly long _offset;
    private readonly Func<long, long, CancellationToken, Task<S3Range>> _reopen;
    private readonly string _name;
    private S3Range? _range;
    private int _breaks;

    /// <summary>Reads a range.</summary>
    /// <param name="first">The opened range.</param>
    /// <param name="reopen">Opens the rest of the range: offset and length.</param>
    /// <param name="name">Name of the object, for errors.</param>
    public RangeStream(S3Range first, Func<long, long, CancellationToken, Task<S3Range>> reopen, string name)
        : base(first.Length) => (_range, _offset, _reopen, _name) = (first, first.Offset, reopen, name);

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                _range ??= await _reopen(_offset + Position, Length - Position, cancellationToken);
                var count = await _range.Content.ReadAsync(buffer, cancellationToken);
                if (count > 0)
                {
                    _breaks = 0;
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
                        $"The connection broke at byte {_offset + Position} of '{_name}': {e.Message.TrimEnd('.')}.",
                        "Check the network connection to the store.",
                        e
                    );
                }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _range?.Content.Dispose();
            _range = null;
        }
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        if (_range is { } range)
        {
            _range = null;
            await range.DisposeAsync();
        }
    }
}
