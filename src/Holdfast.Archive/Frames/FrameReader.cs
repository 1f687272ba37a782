using System.Buffers.Binary;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
using Holdfast.Archive.Remote;
using Holdfast.Core.Errors;
using ZstdNet;

namespace Holdfast.Archive.Frames;

/// <summary>
/// Reads a tar stream from its frames: any range, decompressing only the frames that contain it, or many whole frames in parallel.
/// </summary>
internal sealed class FrameReader : IByteSource
{
    private const uint FrameMagic = 0xFD2FB528;

    private readonly IByteSource _source;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private PooledBuffer? _cached;
    private int _cachedFrame = -1;

    private FrameReader(IByteSource source, SeekTable table)
    {
        _source = source;
        Table = table;
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <inheritdoc/>
    public long Length => Table.ContentLength;

    /// <inheritdoc/>
    public bool IsRemote => _source.IsRemote;

    /// <summary>The frames.</summary>
    public SeekTable Table { get; }

    /// <summary>
    /// Serves those calls of <see cref="ReadAsync"/> that follow its plan; null for none. Set between reads only; not owned.
    /// </summary>
    public ReadAhead? Ahead { get; set; }

    private readonly record struct StoredFrame(int Frame, PooledBuffer Bytes, int Copy);

    /// <summary>Reads the seek table of <paramref name="source"/> and takes ownership of the source.</summary>
    public static async Task<FrameReader> OpenAsync(IByteSource source, CancellationToken cancellationToken)
    {
        if (source.Length < 4)
        {
            throw ArchiveFailure.Truncated(source.Name, $"it has {source.Length} bytes");
        }
        var start = new byte[4];
        await source.ReadAsync(0, start, cancellationToken);
        if (BinaryPrimitives.ReadUInt32LittleEndian(start) != FrameMagic)
        {
            throw ArchiveFailure.Corrupt(source.Name, "it does not start like an archive");
        }
        var footer = new byte[SeekTable.FooterBytes];
        if (source.Length < footer.Length)
        {
            throw ArchiveFailure.Truncated(source.Name, $"it has {source.Length} bytes");
        }
        await source.ReadAsync(source.Length - footer.Length, footer, cancellationToken);
        if (SeekTable.TableBytes(footer) is not { } bytes)
        {
            throw SeekTable.CanBeLength(source.Length)
                ? ArchiveFailure.Corrupt(source.Name, "it does not end in a seek table")
                : ArchiveFailure.Truncated(source.Name, "it does not end in a seek table");
        }
        if (bytes > Math.Min(source.Length, SeekTable.LargestTable))
        {
            throw ArchiveFailure.Corrupt(source.Name, $"its seek table claims to have {bytes} bytes");
        }
        var table = new byte[bytes];
        await source.ReadAsync(source.Length - bytes, table, cancellationToken);
        var reader = new FrameReader(source, SeekTable.Read(table, source.Length, source.Name));
        var padding = new byte[source.Length - bytes - reader.Table.StoredLength];
        await source.ReadAsync(reader.Table.StoredLength, padding, cancellationToken);
        return SeekTable.IsPadding(padding)
            ? reader
            : throw ArchiveFailure.Corrupt(source.Name, "the padding before its seek table is damaged");
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset > Length - buffer.Length)
        {
            throw ArchiveFailure.Corrupt(Name, $"{buffer.Length} bytes at offset {offset} are requested, but the tar stream has {Length}");
        }
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            while (!buffer.IsEmpty)
            {
                var frame = Table.FrameAt(offset);
                if (frame != _cachedFrame)
                {
                    ReleaseCachedFrame();
                    var stored = await ReadStoredAsync(frame, Ahead, cancellationToken);
                    (_cached, _cachedFrame) = (await DecompressAsync(stored, cancellationToken), frame);
                }

                var from = (int)(offset - Table.Content(frame).Offset);
                var count = Math.Min(buffer.Length, _cached!.Length - from);
                _cached.Memory.Slice(from, count).CopyTo(buffer);
                buffer = buffer[count..];
                offset += count;
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>The reads of the file that a read of a range of the tar stream leads to.</summary>
    /// <param name="offset">Offset of the range.</param>
    /// <param name="length">Its length, at least 1.</param>
    /// <param name="cached">The frame that the read before this one ended in; -1 for none. Receives the one of this read.</param>
    public IEnumerable<PlannedRead> PlanReads(long offset, long length, ref int cached)
    {
        var (first, last) = (Table.FrameAt(offset), Table.FrameAt(offset + length - 1));
        if (first == cached)
        {
            first++;
        }
        cached = last;
        return Plan(Enumerable.Range(first, last - first + 1));
    }

    /// <summary>Releases the last frame, which is cached for the next read. Must not be called during a read.</summary>
    public void ReleaseCachedFrame()
    {
        _cached?.Dispose();
        (_cached, _cachedFrame) = (null, -1);
    }

    /// <summary>Decompresses frames in parallel.</summary>
    /// <param name="frames">
    /// The frames, in the order of the results. Enumerated twice at the same time if the archive is remote.
    /// </param>
    /// <param name="workers">Maximum number of frames in flight.</param>
    /// <param name="work">Called for the content of each frame, concurrently; the content is valid during the call only.</param>
    /// <param name="output">Called with one result at a time, in order.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task ForEachAsync<T>(
        IEnumerable<int> frames,
        int workers,
        FrameHandler<T> work,
        Func<T, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        await using var ahead = IsRemote ? new ReadAhead(Plan(frames), cancellationToken) : null;
        await using var stage = new OrderedWorkers<StoredFrame, T>(
            workers + 1,
            async stored =>
            {
                using var content = await DecompressAsync(stored, cancellationToken);
                return work(stored.Frame, content.Span);
            },
            output,
            cancellationToken
        );
        foreach (var frame in frames)
        {
            await stage.AddAsync(await ReadStoredAsync(frame, ahead, cancellationToken));
        }
        await stage.CompleteAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _cached?.Dispose();
        _oneAtATime.Dispose();
        await _source.DisposeAsync();
    }

    private IEnumerable<PlannedRead> Plan(IEnumerable<int> frames) =>
        frames.Select(frame =>
        {
            var (offset, length) = Table.Stored(frame);
            return new PlannedRead(_source, offset, length);
        });

    private async ValueTask<StoredFrame> ReadStoredAsync(int frame, ReadAhead? ahead, CancellationToken cancellationToken)
    {
        var (offset, length) = Table.Stored(frame);
        var stored = new PooledBuffer(length) { Length = length };
        try
        {
            if (ahead is not null && await ahead.TryReadAsync(_source, offset, stored.WritableMemory) is { } from)
            {
                return new(frame, stored, from);
            }
            var copy = _source.Copy;
            await _source.ReadAsync(offset, stored.WritableMemory, cancellationToken);
            return new(frame, stored, copy);
        }
        catch
        {
            stored.Dispose();
            throw;
        }
    }

    // A frame that is damaged in one copy of the file is read from the next one.
    private async ValueTask<PooledBuffer> DecompressAsync(StoredFrame stored, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return Decompress(stored.Frame, stored.Bytes);
            }
            catch (HoldfastException e) when (e.IsDamage)
            {
                if (!await _source.TryNextCopyAsync(stored.Copy, e, cancellationToken))
                {
                    throw;
                }
            }
            stored = await ReadStoredAsync(stored.Frame, null, cancellationToken);
        }
    }

    private PooledBuffer Decompress(int frame, PooledBuffer stored)
    {
        using (stored)
        {
            var length = Table.Content(frame).Length;
            var content = new PooledBuffer(length) { Length = length };
            try
            {
                CheckHeader(frame, stored.Span, length);
                if (ZstdPool.Decompress(stored.Span, content.Span) != length)
                {
                    throw Damaged(frame, null);
                }
                return content;
            }
            catch (ZstdException e)
            {
                content.Dispose();
                throw Damaged(frame, e);
            }
        }
    }

    // The decoder ignores some bits of the header, and the checksum flag can be cleared: the header must be exactly as FrameWriter writes
    // it.
    private void CheckHeader(int frame, ReadOnlySpan<byte> stored, int length)
    {
        const int ChecksumNoDictionary = 0b0000_0100;
        const int SingleSegment = 0b0010_0000;
        if (stored.Length < 9 || BinaryPrimitives.ReadUInt32LittleEndian(stored) != FrameMagic)
        {
            throw Damaged(frame, null);
        }
        var descriptor = stored[4];
        if ((descriptor & 0b0011_1111) != (SingleSegment | ChecksumNoDictionary))
        {
            throw Damaged(frame, null);
        }
        var declared = (descriptor >> 6) switch
        {
            0 => (long)stored[5],
            1 => BinaryPrimitives.ReadUInt16LittleEndian(stored[5..]) + 256,
            2 => BinaryPrimitives.ReadUInt32LittleEndian(stored[5..]),
            _ => -1,
        };
        if (declared != length)
        {
            throw Damaged(frame, null);
        }
    }

    private HoldfastException Damaged(int frame, Exception? inner) =>
        ArchiveFailure.Corrupt(Name, $"frame {frame} at offset {Table.Stored(frame).Offset} is damaged", inner);
}
