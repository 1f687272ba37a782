using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>
/// A named store for archives. Paths are relative to its root and separated by <c>/</c>; their parts are made safe by
/// <see cref="Core.Layout.FolderName"/>. A destination that was opened with an <see cref="Identity"/> neither writes to nor reads from a
/// root with another identity or none, but fails with <see cref="ErrorCatalog.DestinationIdentity"/>. All members are thread-safe.
/// <c>test/Holdfast.Destinations.Contract</c> verifies these guarantees.
/// </summary>
public interface IDestination : IAsyncDisposable
{
    /// <summary>Display name for messages and results: a path or a URL. No code may open it as a path.</summary>
    string Name { get; }

    /// <summary>The identity that its root must have at each use; null if it was opened without one.</summary>
    string? Identity => null;

    /// <summary>Checks that the root is still the one that was opened. Cheap, and writes nothing.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it is not.</exception>
    Task CheckIdentityAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Lists the files and folders directly in a folder, in ordinal order of names; nothing if the folder does not exist. Unpublished files
    /// are listed with the suffix <c>.partial</c>.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Starts a new file. It is not visible at <paramref name="path"/> before it is published.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.TargetExists"/> if the path is taken, by a file or by another upload in progress.
    /// </exception>
    Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes completely written uploads, in this order, each atomically. When it returns they are durable; when it throws, those that
    /// are not published can be disposed.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.DestinationFull"/>, <see cref="ErrorCatalog.DestinationFailed"/>, or
    /// <see cref="ErrorCatalog.TargetExists"/>. Some files may have their names nevertheless; whatever may not be on disk is flushed
    /// before the next listing.
    /// </exception>
    Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken);

    /// <summary>Opens a published file.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/></exception>
    Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a file, or the leftover of a killed upload, and folders that become empty. Deleting a missing file is not an error.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/>, also for an upload in progress.</exception>
    Task DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>Returns the free space in bytes; null if unknown.</summary>
    Task<long?> FreeBytesAsync(CancellationToken cancellationToken);
}
