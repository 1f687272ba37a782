namespace Holdfast.Archive.Items;

/// <summary>A stored file with random access.</summary>
public interface IByteSource : IAsyncDisposable
{
    /// <summary>Path or address, for error messages.</summary>
    string Name { get; }

    /// <summary>Its length, in bytes.</summary>
    long Length { get; }

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
}
