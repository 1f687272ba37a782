namespace Holdfast.Archive.Items;

/// <summary>A stored file that is read from anywhere in it.</summary>
public interface IByteSource : IAsyncDisposable
{
    /// <summary>What people call it: a path or an address. Stands in errors.</summary>
    string Name { get; }

    /// <summary>Its length, in bytes.</summary>
    long Length { get; }

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/>. Reading past the end is an error. May be called
    /// by several tasks at once.
    /// </summary>
    /// <exception cref="Core.Errors.HoldfastException">It cannot be read.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}
