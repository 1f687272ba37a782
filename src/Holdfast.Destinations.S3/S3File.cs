using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Requests;

namespace Holdfast.Destinations.S3;

/// <summary>
/// An object that is read by ranges. Its beginning came with the request that opened it; small reads fetch a window, which serves those
/// that follow. Each range has to come from the same version of the object.
/// </summary>
internal sealed class S3File : IByteSource
{
    private const int WindowBytes = 256 << 10;

    private readonly S3Bucket _bucket;
    private readonly string _key;
    private readonly string _path;
    private readonly string _etag;

    // The windows of small reads, newest last. Guarded by _gate; nothing is called while it is held.
    private readonly Lock _gate = new();
    private readonly List<Window> _windows = [];

    private S3File(S3Bucket bucket, string path, string key, S3Range opened)
    {
        (_bucket, _path, _key, _etag, Length) = (bucket, path, key, opened.ETag, opened.TotalLength);
    }

    private sealed record Window(long Offset, byte[] Bytes)
    {
        public bool Covers(long offset, int length) => offset >= Offset && offset + length <= Offset + Bytes.Length;

        public void CopyTo(long offset, Span<byte> buffer) => Bytes.AsSpan((int)(offset - Offset), buffer.Length).CopyTo(buffer);
    }

    /// <inheritdoc/>
    public string Name => $"{_bucket.Name}/{_path}";

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsRemote => true;

    /// <summary>Opens an object with one request.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if it does not exist.</exception>
    public static async Task<S3File> OpenAsync(S3Bucket bucket, string path, string key, CancellationToken cancellationToken)
    {
        var range = await bucket.Objects.OpenAsync(key, 0, WindowBytes, cancellationToken)
            ?? throw new HoldfastException(ErrorCatalog.NotFound, $"'{bucket.Name}/{path}' does not exist.", "It may have been deleted.");
        var file = new S3File(bucket, path, key, range);
        await using var stream = new RangeStream(range, file.OpenRangeAsync, file.Name);
        var beginning = new byte[range.Length];
        await stream.ReadExactlyAsync(beginning, cancellationToken);
        file.Keep(new(0, beginning));
        return file;
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckBounds(offset, buffer.Length);
        if (buffer.IsEmpty || TryCopy(offset, buffer.Span))
        {
            return;
        }
        if (buffer.Length >= WindowBytes)
        {
            await FillAsync(offset, buffer, cancellationToken);
            return;
        }
        // At the end, the window reaches back: footers are read backwards.
        var start = Math.Max(0, Math.Min(offset, Length - WindowBytes));
        var window = new Window(start, await ReadWindowAsync(start, Math.Min(WindowBytes, Length - start), cancellationToken));
        Keep(window);
        window.CopyTo(offset, buffer.Span);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        CheckBounds(offset, length);
        return length == 0 ? Stream.Null : await OpenStreamAsync(offset, length, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void CheckBounds(long offset, long length)
    {
        if (offset < 0 || offset + length > Length)
        {
            throw new HoldfastException(
                ErrorCatalog.Truncated,
                $"'{Name}' ends at byte {Length}; bytes {offset} to {offset + length} were to be read.",
                "The file is incomplete."
            );
        }
    }

    private async Task<S3Range> OpenRangeAsync(long offset, long length, CancellationToken cancellationToken)
    {
        var range = await _bucket.Objects.OpenAsync(_key, offset, length, cancellationToken)
            ?? throw new HoldfastException(ErrorCatalog.NotFound, $"'{Name}' was deleted while it was read.", "Read it again.");
        if (range.ETag == _etag && range.TotalLength == Length)
        {
            return range;
        }
        await range.DisposeAsync();
        throw new HoldfastException(
            ErrorCatalog.DestinationUnverified,
            $"'{Name}' was replaced while it was read: ETag {range.ETag} instead of {_etag}.",
            "Archives are never replaced. Find out what writes to the bucket."
        );
    }

    private async Task<RangeStream> OpenStreamAsync(long offset, long length, CancellationToken cancellationToken) =>
        new(await OpenRangeAsync(offset, length, cancellationToken), OpenRangeAsync, Name);

    private async Task<byte[]> ReadWindowAsync(long offset, long length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await FillAsync(offset, bytes, cancellationToken);
        return bytes;
    }

    private async Task FillAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await using var stream = await OpenStreamAsync(offset, buffer.Length, cancellationToken);
        await stream.ReadExactlyAsync(buffer, cancellationToken);
    }

    private bool TryCopy(long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            for (var i = _windows.Count - 1; i >= 0; i--)
            {
                if (_windows[i].Covers(offset, buffer.Length))
                {
                    _windows[i].CopyTo(offset, buffer);
                    return true;
                }
            }
            return false;
        }
    }

    // The beginning is kept, and the two newest others.
    private void Keep(Window window)
    {
        lock (_gate)
        {
            _windows.Add(window);
            if (_windows.Count > 3)
            {
                _windows.RemoveAt(1);
            }
        }
    }
}
