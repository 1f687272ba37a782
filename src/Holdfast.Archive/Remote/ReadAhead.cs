using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Remote;

/// <summary>
/// Fetches what a plan says will be read, by large ranges, several of them at once, so that a reader of many small pieces does not wait
/// for a request each time. Planned reads that are close to each other in a file share a range; what lies between others is not fetched.
/// One reader at a time: it must make the planned reads in their order, and can make others in between, which are not served.
/// </summary>
internal sealed class ReadAhead : IAsyncDisposable
{
    /// <summary>Maximum size of a range, in bytes, unless a single read is larger.</summary>
    public const int RangeBytes = 8 << 20;

    /// <summary>Maximum size of what is fetched but not needed between two reads, in bytes: about what a request costs in time.</summary>
    public const int MaxGap = 256 << 10;

    /// <summary>Maximum size of the ranges in memory, in bytes, unless a single read is larger.</summary>
    public const int MaxBytes = 48 << 20;

    /// <summary>Maximum number of ranges that are in flight or in memory.</summary>
    public const int MaxRanges = 16;

    private const int SliceBytes = 1 << 20;

    private readonly IEnumerator<PlannedRead> _plan;
    private readonly CancellationTokenSource _stop;
    private readonly Queue<Range> _ranges = [];
    private PlannedRead? _next; // of the plan, not yet in a range
    private long _bytes; // of all ranges

    /// <summary>Creates it; the first ranges are fetched when the first read asks for them.</summary>
    /// <param name="plan">The reads, in order. Enumerated little by little, ahead of the reads.</param>
    /// <param name="cancellationToken">Stops fetching.</param>
    public ReadAhead(IEnumerable<PlannedRead> plan, CancellationToken cancellationToken)
    {
        _plan = plan.GetEnumerator();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        MoveNext();
    }

    private sealed record Range(IByteSource Source, long Offset, int Length, Queue<PlannedRead> Reads, int Copy, Task<PooledBuffer> Fetch);

    /// <summary>Fills a buffer if this is the next read of the plan.</summary>
    /// <returns>The <see cref="IByteSource.Copy"/> that the bytes come from; null if the read is not planned here.</returns>
    /// <exception cref="Core.Errors.HoldfastException">It cannot be read.</exception>
    public async ValueTask<int?> TryReadAsync(IByteSource source, long offset, Memory<byte> buffer)
    {
        Fetch();
        if (!_ranges.TryPeek(out var range) || range.Reads.Peek() != new PlannedRead(source, offset, buffer.Length))
        {
            return null;
        }
        var bytes = await range.Fetch;
        bytes.Memory.Slice((int)(offset - range.Offset), buffer.Length).CopyTo(buffer);
        range.Reads.Dequeue();
        if (range.Reads.Count == 0)
        {
            _ranges.Dequeue();
            _bytes -= range.Length;
            bytes.Dispose();
            Fetch();
        }
        return range.Copy;
    }

    /// <summary>Stops fetching, and waits until that has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var range in _ranges)
        {
            // What nobody reads any more cannot fail.
            await ((Task)range.Fetch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (range.Fetch.IsCompletedSuccessfully)
            {
                (await range.Fetch).Dispose();
            }
        }
        _ranges.Clear();
        _plan.Dispose();
        _stop.Dispose();
    }

    private static async Task<PooledBuffer> FetchAsync(IByteSource source, long offset, int length, CancellationToken cancellationToken)
    {
        var buffer = new PooledBuffer(length) { Length = length };
        try
        {
            if (length <= MaxGap)
            {
                await source.ReadAsync(offset, buffer.WritableMemory, cancellationToken); // it may be in a cache of the source
                return buffer;
            }
            await using var stream = await source.OpenReadAsync(offset, length, cancellationToken);
            for (var read = 0; read < length; )
            {
                var slice = buffer.WritableMemory.Slice(read, Math.Min(length - read, SliceBytes));
                var count = await stream.ReadAsync(slice, cancellationToken);
                read += count > 0 ? count : throw ArchiveFailure.Truncated(source.Name, $"it ends at byte {offset + read}");
            }
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private void Fetch()
    {
        while (_next is { } first && _ranges.Count < MaxRanges && (_ranges.Count == 0 || _bytes + RangeBytes <= MaxBytes))
        {
            var reads = new Queue<PlannedRead>([first]);
            var end = first.End;
            MoveNext();
            while (
                _next is { } next
                && ReferenceEquals(next.Source, first.Source)
                && next.Offset >= end
                && next.Offset - end <= MaxGap
                && next.End - first.Offset <= RangeBytes
            )
            {
                reads.Enqueue(next);
                end = next.End;
                MoveNext();
            }
            var (source, length) = (first.Source, (int)(end - first.Offset));
            var copy = source.Copy; // before the first byte: a switch in between is noticed by the next damage only
            var fetch = Task.Run(() => FetchAsync(source, first.Offset, length, _stop.Token), CancellationToken.None);
            _ranges.Enqueue(new(source, first.Offset, length, reads, copy, fetch));
            _bytes += length;
        }
    }

    private void MoveNext() => _next = _plan.MoveNext() ? _plan.Current : null;
}
