using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;

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

    /// <summary>What it can do.</summary>
    DestinationCapabilities Capabilities { get; }

    /// <summary>
    /// The destination's clock, by which files and unfinished uploads have their times; null if unknown, as before its first answer.
    /// </summary>
    DateTimeOffset? ServerTime => null;

    /// <summary>Requests and bytes since it was opened; null for a destination without requests.</summary>
    RequestCounts? Requests => null;

    /// <summary>Checks that the root is still the one that was opened. Cheap, and writes nothing.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it is not.</exception>
    Task CheckIdentityAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Lists the files and folders directly in a folder, in ordinal order of names; nothing if the folder does not exist. Unpublished files
    /// are listed with the suffix <c>.partial</c>.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>
    /// Lists all files below a folder, with their paths within it, in any order; nothing if the folder does not exist. One request for each
    /// page where <see cref="DestinationCapabilities.RecursiveList"/>; otherwise one for each folder.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    IAsyncEnumerable<DestinationEntry> ListTreeAsync(string folder, CancellationToken cancellationToken) =>
        DestinationTree.ListAsync(this, folder, cancellationToken);

    /// <summary>Finds a published file; null if there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Starts a new file. It is not visible at <paramref name="path"/> before it is published. Costs no request to a remote destination.
    /// </summary>
    /// <param name="path">Its path.</param>
    /// <param name="hint">What is known about the file.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.TargetExists"/> if the path is taken, by a file or by another upload in progress; a remote destination
    /// may find that out only when the file is published. <see cref="ErrorCatalog.DestinationFailed"/> if the destination cannot hold a
    /// file of the expected size.
    /// </exception>
    Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes completely written uploads, in this order, each atomically. When it returns they are as durable as
    /// <see cref="DestinationCapabilities.Durable"/> says, and the destination has confirmed their lengths; when it throws, those that are
    /// not published can be disposed.
    /// </summary>
    /// <returns>The files, in the same order.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.DestinationFull"/>, <see cref="ErrorCatalog.DestinationFailed"/>, or
    /// <see cref="ErrorCatalog.TargetExists"/>. Some files may have their names nevertheless; whatever may not be on disk is flushed
    /// before the next listing.
    /// </exception>
    Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken);

    /// <summary>Opens a published file.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/></exception>
    Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken);

    /// <summary>Reads a small file as a whole; null if there is none. One request to a remote destination.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maxBytes">Maximum length, in bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/> if it is larger.</exception>
    Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
        DestinationTree.ReadSmallFileAsync(this, path, maxBytes, cancellationToken);

    /// <summary>
    /// Replaces a small file, or creates it: a reader sees the old content or the new one as a whole. As durable as a published file when
    /// it returns.
    /// </summary>
    /// <param name="path">Its path; see <see cref="SmallFile.CheckReplaceable"/>.</param>
    /// <param name="content">The new content.</param>
    /// <param name="expected">
    /// The version that is replaced; <see cref="SmallFile.Absent"/> to create it; null to replace any. Ignored without
    /// <see cref="DestinationCapabilities.ConditionalPut"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The new version; null if the destination has no name for it.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Conflict"/> if the file has another version, or is being replaced; or a failure as for publishing.
    /// </exception>
    Task<string?> ReplaceAsync(string path, ReadOnlyMemory<byte> content, string? expected, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a file, or the leftover of a killed upload, and folders that become empty. Deleting a missing file is not an error.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/>, also for an upload in progress.</exception>
    Task DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>Deletes files in this order, in as few requests as the destination allows.</summary>
    /// <returns>The files that could not be deleted; those after the first failure may not have been tried.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if it does not respond.</exception>
    Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        DestinationTree.DeleteAsync(this, paths, cancellationToken);

    /// <summary>
    /// Lists uploads that were never completed, of which nothing else shows a trace; none where
    /// <see cref="DestinationCapabilities.ListsUnfinished"/> is not supported. One that is running is listed too.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        AsyncEnumerable.Empty<UnfinishedUpload>();

    /// <summary>
    /// Returns when the newest part of an unfinished upload was stored, by the destination's clock; when it was started if it has no part.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    Task<DateTimeOffset> FindLastActivityAsync(UnfinishedUpload upload, CancellationToken cancellationToken) =>
        Task.FromResult(upload.Started);

    /// <summary>Removes what an upload has stored. The caller has to know that it is not running.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Tests whether the destination can be used for backups, restores and retention, and finds out what it can do.</summary>
    /// <param name="deletes">Whether retention deletes files here.</param>
    /// <param name="cancellationToken">Cancels the test.</param>
    /// <exception cref="HoldfastException">It cannot be used like this; the hint says what to change.</exception>
    Task<DestinationProbe> ProbeAsync(bool deletes, CancellationToken cancellationToken) =>
        DestinationTree.ProbeAsync(this, cancellationToken);

    /// <summary>
    /// Whether it stores its files on the same file system as a local folder: then nothing is gained by keeping bytes in that folder until
    /// the destination can take them.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
    Task<bool> IsOnFileSystemOfAsync(string folder, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>Returns the free space in bytes; null if unknown.</summary>
    Task<long?> FreeBytesAsync(CancellationToken cancellationToken);
}
