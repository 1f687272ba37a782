using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>
/// A named place for archives. Paths are relative to its root, with <c>/</c> between their parts, which <see cref="Core.Layout.FolderName"/> has made safe.
/// All members may be called by several tasks at once. Its promises are proved in <c>test/Holdfast.Destinations.Contract</c>.
/// </summary>
public interface IDestination : IAsyncDisposable
{
    /// <summary>What people call it: a path or an address. Stands in errors.</summary>
    string Name { get; }

    /// <summary>What lies directly in a folder, in ordinal order of names; nothing when the folder is not there. What is not published is listed with its <c>.partial</c> ending.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFailed"/></exception>
    IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Starts a new file. Nobody sees it under <paramref name="path"/> before it is published.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.TargetExists"/> when the path is taken, by a file or by another upload that is under way.</exception>
    Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes uploads that were written to their end, in this order, each whole or not at all. When it returns they are on disk and stay there;
    /// when it throws those that are not published can be disposed.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFull"/>, <see cref="ErrorCatalogue.DestinationFailed"/>, or <see cref="ErrorCatalogue.TargetExists"/>.</exception>
    Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken);

    /// <summary>Opens a published file.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/></exception>
    Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken);

    /// <summary>Removes a file, or the leftover of an upload that was killed; a folder that it leaves empty goes too. No error when it is not there.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFailed"/>, also for an upload that is under way.</exception>
    Task DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>Bytes that can still be stored; null where the destination cannot tell.</summary>
    Task<long?> FreeBytesAsync(CancellationToken cancellationToken);
}
