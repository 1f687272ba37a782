using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Remote;

/// <summary>
/// Reads the end of a remote file with one request, and serves the small reads that open an archive from it: footer, seek table, index and
/// manifest. The end is asked for by its offset, because some stores answer ranges that count from the end wrongly.
/// </summary>
internal sealed class TailSource : IByteSource
{
    /// <summary>Size of the end that listings need, in bytes.</summary>
    public const int MinBytes = 256 << 10;

    /// <summary>Minimum size of the end with the manifest, in bytes: it shares a frame of 1 MiB with other entries.</summary>
    public const int MinBytesWithManifest = (1 << 20) + MinBytes;

    /// <summary>Maximum size of the end, in bytes: table and manifest of a database of a terabyte.</summary>
    public const int MaxBytes = 8 << 20;

    private const int PartOfFile = 128;

    private readonly IByteSource _inner;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private int _tailBytes;
    private byte[]? _tail;
    private int _tailCopy; // the copy from which it came

    private TailSource(IByteSource inner, int tailBytes) => (_inner, _tailBytes) = (inner, tailBytes);

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public long Length => _inner.Length;

    /// <inheritdoc/>
    public bool IsRemote => true;

    /// <inheritdoc/>
    public int Copy => _inner.Copy;

    /// <summary>Returns a source that is opened with few requests; a local file is returned as it is.</summary>
    /// <param name="source">The file.</param>
    /// <param name="withManifest">Whether the manifest will be read, and not only the beginning.</param>
    public static IByteSource Of(IByteSource source, bool withManifest) =>
        source.IsRemote
            // The manifest of a large archive takes less than one percent of it.
            ? new TailSource(source, withManifest ? (int)Math.Clamp(source.Length / PartOfFile, MinBytesWithManifest, MaxBytes) : MinBytes)
            : source;

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var start = Math.Max(0, Length - _tailBytes);
        if (offset < start || offset > Length - buffer.Length)
        {
            await _inner.ReadAsync(offset, buffer, cancellationToken);
            return;
        }
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (_tail is null || _tailCopy != _inner.Copy)
            {
                _tailCopy = _inner.Copy;
                var tail = new byte[Length - start];
                await _inner.ReadAsync(start, tail, cancellationToken);
                _tail = tail;
            }
            _tail.AsMemory((int)(offset - start), buffer.Length).CopyTo(buffer);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Keeps less of the end in memory, after the archive was opened. Must not be called during a read.</summary>
    public void Trim()
    {
        _tailBytes = Math.Min(_tailBytes, MinBytes);
        _tail = _tail is { } tail && tail.Length > MinBytes ? tail[^MinBytes..] : _tail;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken) =>
        _inner.OpenReadAsync(offset, length, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> TryNextCopyAsync(int damaged, HoldfastException problem, CancellationToken cancellationToken) =>
        _inner.TryNextCopyAsync(damaged, problem, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _tail = null;
        _oneAtATime.Dispose();
        return _inner.DisposeAsync();
    }
}
