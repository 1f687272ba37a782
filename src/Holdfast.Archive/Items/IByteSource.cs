namespace Holdfast.Archive.Items;

/// <summary>A stored file with random access.</summary>
public interface IByteSource : IAsyncDisposable
{
    /// <summary>Path or address, for error messages.</summary>
    string Name { get; }

    /// <summary>Its length, in bytes.</summary>
    long Length { get; }

    /// <summary>
    /// Whether each read is a request to another machine: readers then ask for large ranges, several at once. Default: false.
    /// </summary>
    bool IsRemote => false;

    /// <summary>
    /// Number of the copy that reads come from, from 0. It increases when reading goes on from another copy of the same file; see
    /// <see cref="TryNextCopyAsync"/>. Default: always 0.
    /// </summary>
    int Copy => 0;

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>. Reading past the end is an error. Thread-safe.</summary>
    /// <exception cref="Core.Errors.HoldfastException">It cannot be read.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a range as a stream, which a remote destination reads with one request. The caller disposes it. It ends early only by an
    /// exception.
    /// </summary>
    /// <param name="offset">Offset of the first byte.</param>
    /// <param name="length">Number of bytes; reading past the end is an error.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="Core.Errors.HoldfastException">It cannot be read.</exception>
    Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken) =>
        Task.FromResult<Stream>(new ByteSourceStream(this, offset, length));

    /// <summary>
    /// Goes on with another copy of the file, after bytes turned out to be damaged. Default: there is none. Thread-safe.
    /// </summary>
    /// <param name="damaged">The <see cref="Copy"/> from which the bytes came.</param>
    /// <param name="problem">What is wrong with them.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether it makes sense to read the bytes again: they come from another copy than before.</returns>
    ValueTask<bool> TryNextCopyAsync(int damaged, Core.Errors.HoldfastException problem, CancellationToken cancellationToken) => new(false);
}
