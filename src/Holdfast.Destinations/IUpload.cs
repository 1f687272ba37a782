namespace Holdfast.Destinations;

/// <summary>A file that is being written. Disposing it before it is published removes every trace of it.</summary>
public interface IUpload : IAsyncDisposable
{
    /// <summary>Where it will be.</summary>
    string Path { get; }

    /// <summary>Appends bytes. Called by one task at a time.</summary>
    /// <exception cref="Core.Errors.HoldfastException">
    /// <see cref="Core.Errors.ErrorCatalogue.DestinationFull"/> or
    /// <see cref="Core.Errors.ErrorCatalogue.DestinationFailed"/>.
    /// </exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);
}
