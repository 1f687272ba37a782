using System.Runtime.InteropServices;
using Holdfast.Archive;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>Linux system calls that .NET lacks and durable publishing needs.</summary>
internal static partial class Posix
{
    private const int ReadOnly = 0;
    private const int Directory = 0x10000;
    private const int CloseOnExec = 0x80000;
    private const int AtCurrentDirectory = -100;
    private const uint NoReplace = 1;
    private const uint WaitBefore = 1;
    private const uint StartWriting = 2;
    private const int NonBlocking = 0x800;
    private const int AtNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;
    private const uint BasicStatus = 0x7FF;
    private const uint MountId = 0x1000;
    private const uint FileType = 0xF000;
    private const uint RegularFile = 0x8000;
    private const uint FolderFile = 0x4000;
    private const int Sequential = 2;

    /// <summary>Creates a folder whose parent exists. Does nothing if the folder already exists.</summary>
    /// <exception cref="DirectoryNotFoundException">The parent is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission denied.</exception>
    public static void CreateFolder(string folder)
    {
        const uint Everybody = 0x1FF; // minus the umask of the process
        if (mkdir(folder, Everybody) == 0)
        {
            return;
        }
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.Exists)
        {
            return;
        }
        throw error switch
        {
            Errno.NotFound => new DirectoryNotFoundException($"The parent of '{folder}' is gone."),
            Errno.Denied => new UnauthorizedAccessException($"'{folder}' cannot be created."),
            _ => Failure(error, folder),
        };
    }

    /// <summary>Removes an empty folder. A link of that name is not a folder, and stays.</summary>
    /// <returns>Whether the folder is gone, whichever process removed it; false if it is not empty or may not be removed.</returns>
    public static bool RemoveFolder(string folder) => rmdir(folder) == 0 || Marshal.GetLastPInvokeError() == Errno.NotFound;

    /// <summary>Flushes the entries of a folder to disk.</summary>
    public static void FlushFolder(string folder)
    {
        using var handle = OpenFolder(folder);
        FlushFolder(handle, folder);
    }

    /// <summary>Flushes the entries of an open folder to disk.</summary>
    public static void FlushFolder(SafeFileHandle folder, string path) => Checked(fsync(folder), path);

    /// <summary>Opens a folder, for <see cref="FlushFileSystem"/>.</summary>
    public static SafeFileHandle OpenFolder(string folder) =>
        new(Checked(open(folder, ReadOnly | Directory | CloseOnExec), folder), ownsHandle: true);

    /// <summary>
    /// Opens a path below a folder without following any link, including the last component, even if another process replaces
    /// components meanwhile.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">Path relative to the folder; empty for the folder itself.</param>
    /// <param name="isFolder">
    /// Whether it must be a folder. Otherwise it is opened as a file for reading, without waiting for a writer as a pipe would.
    /// </param>
    /// <exception cref="IOException">The result is the error number: <see cref="Errno.TooManyLinks"/> for a link.</exception>
    public static SafeFileHandle OpenBeneath(SafeFileHandle folder, string path, bool isFolder) =>
        isFolder ? ConfinedFileAccess.OpenFolder(folder, path) : ConfinedFileAccess.OpenFile(folder, path);

    /// <summary>Announces that a file will be read sequentially. This is only a hint, so its result is ignored.</summary>
    public static void ReadAhead(SafeFileHandle file) => _ = posix_fadvise(file, 0, 0, Sequential);

    /// <summary>Opens a file for reading. Links are followed. Never waits for a writer, as opening a pipe would.</summary>
    /// <exception cref="IOException">The result is the error number.</exception>
    public static SafeFileHandle Open(string path) =>
        new(Checked(open(path, ReadOnly | NonBlocking | CloseOnExec), path), ownsHandle: true);

    /// <summary>Opens a file for reading, unless its name is a link. Never waits for a writer, as opening a pipe would.</summary>
    /// <exception cref="IOException">The result is the error number.</exception>
    public static SafeFileHandle OpenNoFollow(string path) => ConfinedFileAccess.OpenNoFollow(path);

    /// <summary>
    /// Flushes the file system that contains a folder: one wait for any number of files. It reports write errors that occurred
    /// since the folder was opened; <see cref="CheckWritten"/> reports, for each file, those that were reported to others before.
    /// </summary>
    public static void FlushFileSystem(SafeFileHandle folder) => Checked(syncfs(folder), "the file system");

    /// <summary>
    /// Waits until the writeback of a file that the kernel has started is done, and reports write errors since the file was opened,
    /// whichever process flushed it. Cheap after <see cref="FlushFileSystem"/>: it sends nothing to the device.
    /// </summary>
    public static void CheckWritten(SafeFileHandle file, string path)
    {
        if (sync_file_range(file, 0, 0, WaitBefore) == 0)
        {
            return;
        }
        var error = Marshal.GetLastPInvokeError();
        if (error is not (Errno.Invalid or Errno.NotImplemented))
        {
            throw Failure(error, path);
        }
        Checked(fsync(file), path); // a file system that does not support it
    }

    /// <summary>The stamp of a file; null if it does not exist. A link is not followed.</summary>
    /// <exception cref="IOException">The stamp cannot be read.</exception>
    public static FileStamp? FindStamp(string path)
    {
        if (statx(AtCurrentDirectory, path, AtNoFollow, BasicStatus | MountId, out var status) == 0)
        {
            return Stamp(status);
        }
        var error = Marshal.GetLastPInvokeError();
        return error is Errno.NotFound or Errno.NotFolder ? null : throw Failure(error, path);
    }

    /// <summary>The stamp of an open file or folder.</summary>
    public static FileStamp StampOf(SafeFileHandle file)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            Checked(statx((int)file.DangerousGetHandle(), "", AtEmptyPath, BasicStatus | MountId, out var status), "an open file");
            return Stamp(status);
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>
    /// Renames a file unless the new name is taken. Only the caller may create this name, because it holds the lock of the file
    /// <paramref name="from"/>.
    /// </summary>
    /// <returns>False if the name is taken.</returns>
    public static bool RenameNoReplace(string from, string to)
    {
        if (renameat2(AtCurrentDirectory, from, AtCurrentDirectory, to, NoReplace) == 0)
        {
            return true;
        }
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.Exists)
        {
            return false;
        }
        if (error is not (Errno.Invalid or Errno.NotImplemented))
        {
            throw Failure(error, to);
        }
        if (link(from, to) != 0) // a file system without RENAME_NOREPLACE
        {
            error = Marshal.GetLastPInvokeError();
            if (HardLinks.AreUnsupported(error))
            {
                return RenameNoReplaceFallback(from, to);
            }
            return error == Errno.Exists ? false : throw Failure(error, to);
        }

        Checked(unlink(from), from);
        return true;
    }

    /// <summary>Renames in two steps, which is safe only among processes that respect the lock.</summary>
    /// <returns>False if the name is taken.</returns>
    internal static bool RenameNoReplaceFallback(string from, string to)
    {
        if (FindStamp(to) is not null)
        {
            return false;
        }
        Checked(renameat2(AtCurrentDirectory, from, AtCurrentDirectory, to, 0), to);
        return true;
    }

    /// <summary>
    /// Makes the kernel start writing a range to disk, so that the final flush has less to wait for. This is only a hint, so its
    /// result is ignored.
    /// </summary>
    public static void StartWriteback(SafeHandle file, long offset, long length) => _ = sync_file_range(file, offset, length, StartWriting);

    private static FileStamp Stamp(in Status status) =>
        new(
            new(((ulong)status.DeviceMajor << 32) | status.DeviceMinor, (status.Mask & MountId) == 0 ? 0 : status.Mount),
            status.Inode,
            status.Size,
            status.ChangedSeconds,
            status.ChangedNanoseconds,
            (status.Mode & FileType) == RegularFile,
            (status.Mode & FileType) == FolderFile
        );

    private static int Checked(int result, string path) => result >= 0 ? result : throw Failure(Marshal.GetLastPInvokeError(), path);

    private static IOException Failure(int error, string path) => new($"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'", error);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeHandle folder);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeHandle file, long offset, long length, int advice);

    // The fields of struct statx that are read here.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(0)]
        public uint Mask;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        [FieldOffset(144)]
        public ulong Mount;
    }
}
