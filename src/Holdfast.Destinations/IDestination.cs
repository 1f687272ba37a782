using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>
/// A named place for archives. Paths are relative to its root, with <c>/</c> between their parts, which
/// <see cref="Core.Layout.FolderName"/> has made safe.
/// What a destination that was opened with an <see cref="Identity"/> does with a root that has another one, or none: it
/// writes nothing, shows nothing,
/// and fails with <see cref="ErrorCatalogue.DestinationIdentity"/>. All members may be called by several tasks at once.
/// Its promises are proved in <c>test/Holdfast.Destinations.Contract</c>.
/// </summary>
public interface IDestination : IAsyncDisposable
{
    /// <summary>What people call it: a path or a URL. It is only shown, in messages and results; no code may open it as a path.</summary>
    string Name { get; }

    /// <summary>The identity that its root must have at each use; null where it was opened without one.</summary>
    string? Identity => null;

    /// <summary>Looks whether it still is the destination that was opened. Costs little, and writes nothing.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationIdentity"/> when it is not.</exception>
    Task CheckIdentityAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// What lies directly in a folder, in ordinal order of names; nothing when the folder is not there. What is not
    /// published is listed with its <c>.partial</c> ending.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFailed"/></exception>
    IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Starts a new file. Nobody sees it under <paramref name="path"/> before it is published.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.TargetExists"/> when the path is taken, by a file or by another upload that is under
    /// way.
    /// </exception>
    Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes uploads that were written to their end, in this order, each whole or not at all. When it returns they
    /// are on disk and stay there;
    /// when it throws those that are not published can be disposed.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationFull"/>, <see cref="ErrorCatalogue.DestinationFailed"/>, or
    /// <see cref="ErrorCatalogue.TargetExists"/>. Files may
    /// have got their names all the same; what is not known to be on disk is flushed before anything is listed again.
    /// </exception>
    Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken);

    /// <summary>Opens a published file.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/></exception>
    Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a file, or the leftover of an upload that was killed; a folder that it leaves empty goes too. No error
    /// when it is not there.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.DestinationFailed"/>, also for an upload that is under way.
    /// </exception>
    Task DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>Bytes that can still be stored; null where the destination cannot tell.</summary>
    Task<long?> FreeBytesAsync(CancellationToken cancellationToken);
}
