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
}
