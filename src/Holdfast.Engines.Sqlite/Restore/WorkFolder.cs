using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// A folder that only this user can enter, beside the final path of a database that is created in it. A user who can
/// write to the parent folder can replace this folder, which has no effect because it is open, but cannot put a link, a
/// log or a journal beside the file that SQLite would follow. A lock file beside the folder, locked with flock, shows
/// that its owner is running; it is a separate file so that only SQLite opens the database's file.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const int OthersMask = 0x3F; // 0077
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SafeFileHandle _parent;
    private readonly string _name;
    private SafeFileHandle? _lock;
    private SafeFileHandle? _folder;

    private WorkFolder(SafeFileHandle parent, string name) => (_parent, _name) = (parent, name);

    /// <summary>
    /// The database's file, which does not exist at first. It has the name of the folder, so that earlier versions
    /// ignore it.
    /// </summary>
    public DatabaseFile File { get; private set; } = null!;

    private string Path => ConfinedFileAccess.PathIn(_parent, _name);

    /// <summary>Creates a work folder.</summary>
    /// <param name="parent">The open parent folder; it must stay open longer than this.</param>
    /// <param name="name">Its name, which discovery ignores.</param>
    /// <param name="displayPath">The parent folder, as shown to users.</param>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="HoldfastException">Another user has replaced it.</exception>
    public static WorkFolder Create(SafeFileHandle parent, string name, string displayPath)
    {
        var folder = new WorkFolder(parent, name);
        try
        {
            folder.Create(displayPath);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Creates the error for a file or folder that was replaced.</summary>
    public static HoldfastException Replaced(string displayPath) =>
        new(
            ErrorCatalog.DestinationFailed,
            $"'{displayPath}' was replaced after it was created.",
            "Another user can write to that folder. Restore into one that only this user can write to."
        );

    /// <summary>
    /// Whether the folder is the one that was created: it has the right owner, and others cannot enter. If others can
    /// enter in spite of the mode that it was created with, it is closed to them. If it stays open, the file system has
    /// no modes (vfat, CIFS), and nothing more can be determined; if it closes, the file system has modes, and only an
    /// empty folder cannot have been tampered with.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="user">The owner that the file system gives to files of this user.</param>
    /// <param name="close">Removes the permissions of others.</param>
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
            return true; // the owner is always allowed to, unless there are no modes
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
                // It was moved away or replaced.
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

    private void Create(string displayPath)
    {
        _lock = OwnerLock.AcquireNew(Path + OrphanedFiles.LockEnding);
        Directory.CreateDirectory(Path, OwnerOnly);
        _folder = ConfinedFileAccess.OpenFolder(_parent, _name);
        if (!IsOwnFolder(_folder, FileStatus.Get(_lock).User, f => System.IO.File.SetUnixFileMode(f, OwnerOnly)))
        {
            throw Replaced($"{displayPath}/{_name}");
        }
        File = DatabaseFile.ForNew(_folder, _name, $"{displayPath}/{_name}/{_name}");
    }

    private static bool IsClosed(SafeFileHandle folder) => (FileStatus.Get(folder).Mode & OthersMask) == 0;

    private static bool IsEmpty(SafeFileHandle folder) =>
        !Directory.EnumerateFileSystemEntries(ConfinedFileAccess.PathIn(folder, "")).Any();
}
