using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.State.Embedded;

namespace Holdfast.Server.Files;

/// <summary>
/// Copies the state of the server: the state at one moment, and the key for its secrets. A new server can continue with
/// the copy.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="store">The state.</param>
/// <param name="time">The clock, for the names of copies.</param>
public sealed class StateCopyService(DataFolder data, EmbeddedStateStore store, TimeProvider time) : IDisposable
{
    /// <summary>Number of copies kept in the data folder; older ones are deleted when a new one is created.</summary>
    public const int MaxKeptCopies = 7;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>
    /// Copies the state to a new folder below <see cref="DataFolder.StateCopiesFolder"/>, whose name is the current
    /// time in seconds.
    /// </summary>
    /// <returns>Path of the new folder.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/>, <see cref="ErrorCatalog.StateFull"/>, or <see
    /// cref="ErrorCatalog.TargetExists"/> less than a second after the previous copy.
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
                ErrorCatalog.StateUnavailable,
                $"The state cannot be copied to '{data.StateCopiesFolder}': {e.Message}",
                "Check that the data folder has free space and belongs to this user.",
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

    /// <summary>Copies the state to a new folder, atomically. Only its owner can access it, and it is on disk when this returns.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="store">The state.</param>
    /// <param name="folder">The new folder; its parent is created if it does not exist.</param>
    /// <param name="cancellationToken">Cancels waiting for the state.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.TargetExists"/>, <see cref="ErrorCatalog.StateUnavailable"/>,
    /// <see cref="ErrorCatalog.StateFull"/>
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static async Task CreateAsync(DataFolder data, EmbeddedStateStore store, string folder, CancellationToken cancellationToken)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(folder))
        {
            throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"'{folder}' already exists.",
                "A copy always creates a new folder: choose another name, or wait a second."
            );
        }
        var partial = $"{folder}.{Path.GetRandomFileName()}";
        var above = Path.GetDirectoryName(folder)!;
        FolderFlush.CreateFolder(above, OwnerOnly);
        try
        {
            Directory.CreateDirectory(partial, OwnerOnly);
            await store.CopyAsync(Path.Combine(partial, Path.GetFileName(data.State)), cancellationToken);
            // Empty file that replaces an old write-ahead log when the copy is put into a data folder: SQLite would apply that log to it.
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
