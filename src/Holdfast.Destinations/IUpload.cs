namespace Holdfast.Destinations;

/// <summary>A file that is being written. Disposing it before it is published removes it completely.</summary>
public interface IUpload : IAsyncDisposable
{
    /// <summary>Its path once it is published.</summary>
    string Path { get; }

    /// <summary>Appends bytes. Not thread-safe.</summary>
    /// <exception cref="Core.Errors.HoldfastException">
    /// <see cref="Core.Errors.ErrorCatalog.DestinationFull"/> or <see cref="Core.Errors.ErrorCatalog.DestinationFailed"/>.
    /// </exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);
}
