using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.State.Embedded;

namespace Holdfast.Server.Files;

/// <summary>
/// Copies of the server's state that a new server can go on with: the state as it was at one moment, and the key that
/// opens its secrets.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="store">The state.</param>
/// <param name="time">The clock, for the copies' names.</param>
public sealed class StateCopyService(DataFolder data, EmbeddedStateStore store, TimeProvider time) : IDisposable
{
    /// <summary>The newest copies that stay in the data folder; older ones are removed when one is made.</summary>
    public const int MaxKeptCopies = 7;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Makes a copy in a folder of its own under <see cref="DataFolder.StateCopiesFolder"/>, named for the second.</summary>
    /// <returns>The folder.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.StateUnavailable"/>, <see cref="ErrorCatalogue.StateFull"/>, or
    /// <see cref="ErrorCatalogue.TargetExists"/> within one second of the last.
    /// </exception>
    public async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var folder = Path.Combine(data.StateCopiesFolder, TimeStamp.Format(time.GetUtcNow()));
            await CreateAsync(data, store, folder, cancellationToken);
            foreach (
                var old in Directory
                    .GetDirectories(data.StateCopiesFolder)
                    .Where(f => TimeStamp.TryParse(Path.GetFileName(f), out _))
                    .OrderDescending(StringComparer.Ordinal)
                    .Skip(MaxKeptCopies)
            )
            {
                Directory.Delete(old, recursive: true);
            }
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.StateUnavailable,
                $"No copy of the state can be made in '{data.StateCopiesFolder}': {e.Message}",
                "See that the data folder has room and that this user owns it.",
                e
            );
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    /// <summary>
    /// Makes a copy in a new folder: it appears whole or not at all, for its owner only, and is on disk when this
    /// returns.
    /// </summary>
    /// <param name="data">The data folder.</param>
    /// <param name="store">Its state.</param>
    /// <param name="folder">The new folder; the one above it is made where it is missing.</param>
    /// <param name="cancellationToken">Stops waiting for the state.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.TargetExists"/>, <see cref="ErrorCatalogue.StateUnavailable"/>,
    /// <see cref="ErrorCatalogue.StateFull"/>
    /// </exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static async Task CreateAsync(DataFolder data, EmbeddedStateStore store, string folder, CancellationToken cancellationToken)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(folder))
        {
            throw new HoldfastException(
                ErrorCatalogue.TargetExists,
                $"'{folder}' is there already.",
                "A copy always makes a new folder: choose another name, or wait a second."
            );
        }
        var partial = $"{folder}.{Path.GetRandomFileName()}";
        var above = Path.GetDirectoryName(folder)!;
        FolderFlush.CreateFolder(above, OwnerOnly);
        try
        {
            Directory.CreateDirectory(partial, OwnerOnly);
            await store.CopyAsync(Path.Combine(partial, Path.GetFileName(data.State)), cancellationToken);
            // Empty, to take the place of a log that still lies in a data folder: SQLite would lay that over the copy, whosever it is.
            PrivateFile.Write(Path.Combine(partial, $"{Path.GetFileName(data.State)}-wal"), []);
            if (File.Exists(data.NodeKey))
            {
                PrivateFile.Write(
                    Path.Combine(partial, Path.GetFileName(data.NodeKey)),
                    await File.ReadAllBytesAsync(data.NodeKey, cancellationToken)
                );
            }
            Directory.Move(partial, folder);
            FolderFlush.FlushParent(folder);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }
}
