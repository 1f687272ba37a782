using Holdfast.Archive.Items;

namespace Holdfast.Archive.Remote;

/// <summary>
/// Reads a file from front to back in small pieces: a remote one by larger ranges, the next of which is on its way while one is used. Reads
/// of a local file are passed on. Not thread-safe; does not own the file.
/// </summary>
/// <param name="source">The file.</param>
internal sealed class SequentialReader(IByteSource source) : IAsyncDisposable
{
    // A backup reads all indexes of a chain at once, so the ranges are small.
    private const int RangeBytes = 512 << 10;

    private byte[] _range = [];
    private long _offset; // of the range
    private Task<byte[]>? _next; // the range behind it

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!source.IsRemote)
        {
            await source.ReadAsync(offset, buffer, cancellationToken);
            return;
        }
        while (!buffer.IsEmpty)
        {
            if (offset < _offset || offset >= _offset + _range.Length)
            {
                await MoveToAsync(offset, cancellationToken);
            }
            var available = _range.AsMemory((int)(offset - _offset));
            var count = Math.Min(available.Length, buffer.Length);
            available[..count].CopyTo(buffer);
            buffer = buffer[count..];
            offset += count;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_next is not null)
        {
            // What nobody reads any more cannot fail.
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task MoveToAsync(long offset, CancellationToken cancellationToken)
    {
        var behind = _offset + _range.Length;
        var next = _next;
        _next = null;
        if (next is not null && offset == behind)
        {
            _range = await next;
        }
        else
        {
            if (next is not null)
            {
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            _range = await FetchAsync(offset, cancellationToken);
        }
        _offset = offset;
        behind = offset + _range.Length;
        if (behind < source.Length)
        {
            _next = FetchAsync(behind, cancellationToken);
        }
    }

    private async Task<byte[]> FetchAsync(long offset, CancellationToken cancellationToken)
    {
        // A read past the end is for the source to refuse.
        var bytes = new byte[Math.Clamp(source.Length - offset, 1, RangeBytes)];
        await source.ReadAsync(offset, bytes, cancellationToken);
        return bytes;
    }
}
