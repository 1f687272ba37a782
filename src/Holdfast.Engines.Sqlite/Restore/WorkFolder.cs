using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// A folder that only this user may enter, made beside the final place of a database, which is made in it. Whoever may write to the folder
/// around it can exchange this one for another, which changes nothing, for it is open; and cannot lay a link, a log or a journal beside the
/// file, for SQLite to follow. A lock file beside it, held by flock, tells whoever cleans up that its maker lives; it is a file of its own
/// so that the database's can be opened by SQLite alone.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const int OthersMask = 0x3F; // 0077
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SafeFileHandle _parent;
    private readonly string _name;
    private SafeFileHandle? _lock;
    private SafeFileHandle? _folder;

    private WorkFolder(SafeFileHandle around, string name) => (_parent, _name) = (around, name);

    /// <summary>The database's file, which does not exist at first. It has the folder's name, so that earlier versions ignore it.</summary>
    public DatabaseFile File { get; private set; } = null!;

    private string Path => ConfinedFileAccess.PathIn(_parent, _name);

    /// <summary>Makes one.</summary>
    /// <param name="around">The folder around it, which stays open for longer.</param>
    /// <param name="name">Its name, which discovery ignores.</param>
    /// <param name="shown">What people call the folder around it.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="HoldfastException">Somebody has put another folder in its place.</exception>
    public static WorkFolder Create(SafeFileHandle around, string name, string shown)
    {
        var folder = new WorkFolder(around, name);
        try
        {
            folder.Create(shown);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>What to say of something that is not the one any more that was made there.</summary>
    public static HoldfastException Replaced(string shown) =>
        new(
            ErrorCatalogue.DestinationFailed,
            $"'{shown}' is not the one any more that was made there.",
            "Somebody else writes to that folder. Restore into one that only this user may write to."
        );

    /// <summary>
    /// Whether a folder is the one that was made: its owner is right, and nobody else may enter. One that is open to others in spite of the
    /// mode it was made with is closed to them. One that stays open has no modes, as on vfat or CIFS, and nothing more
    /// can be told; one that
    /// closes has them, and only while it is empty has nobody laid anything in it.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="user">Whoever the file system takes us for.</param>
    /// <param name="close">Closes it to others.</param>
    internal static bool IsOwnFolder(SafeFileHandle folder, uint user, Action<SafeFileHandle> close)
    {
        if (FileStatus.Get(folder).User != user)
        {
            return false;
        }
        if (IsClosed(folder))
        {
            return true;
        }
        try
        {
            close(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true; // its owner may always do so, except where there are no modes
        }

        return !IsClosed(folder) || IsEmpty(folder);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_folder is not null)
        {
            OrphanedFiles.RemoveFiles(_folder, _name);
            _folder.Dispose();
            _folder = null;
            try
            {
                Directory.Delete(Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody has moved it away, or put something else there.
            }
        }

        if (_lock is null)
        {
            return;
        }
        OrphanedFiles.RemoveFile(Path + OrphanedFiles.LockEnding);
        _lock.Dispose();
        _lock = null;
    }

    private void Create(string shown)
    {
        _lock = OwnerLock.AcquireNew(Path + OrphanedFiles.LockEnding);
        Directory.CreateDirectory(Path, OwnerOnly);
        _folder = ConfinedFileAccess.OpenFolder(_parent, _name);
        if (!IsOwnFolder(_folder, FileStatus.Get(_lock).User, f => System.IO.File.SetUnixFileMode(f, OwnerOnly)))
        {
            throw Replaced($"{shown}/{_name}");
        }
        File = DatabaseFile.ForNew(_folder, _name, $"{shown}/{_name}/{_name}");
    }

    private static bool IsClosed(SafeFileHandle folder) => (FileStatus.Get(folder).Mode & OthersMask) == 0;

    private static bool IsEmpty(SafeFileHandle folder) =>
        !Directory.EnumerateFileSystemEntries(ConfinedFileAccess.PathIn(folder, "")).Any();
}
