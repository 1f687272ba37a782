using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>The calls of Linux that the framework lacks and durable publishing needs.</summary>
internal static partial class Posix
{
    private const int ReadOnly = 0;
    private const int Directory = 0x10000;
    private const int CloseOnExec = 0x80000;
    private const int AtCurrentDirectory = -100;
    private const uint NoReplace = 1;
    private const uint StartWriting = 2;

    /// <summary>Makes a folder in one that is there, and no folder above it; nothing where it is there already.</summary>
    /// <exception cref="DirectoryNotFoundException">The one above is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeFolder(string folder)
    {
        const uint Everybody = 0x1FF; // less what the process's mask takes away
        if (mkdir(folder, Everybody) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.Exists) return;
        throw error switch
        {
            Errno.NotFound => new DirectoryNotFoundException($"what '{folder}' would lie in is gone."),
            Errno.Denied => new UnauthorizedAccessException($"'{folder}' cannot be made."),
            _ => Failure(error, folder),
        };
    }

    /// <summary>Flushes the entries of a folder to disk.</summary>
    public static void FlushFolder(string folder)
    {
        var descriptor = Checked(open(folder, ReadOnly | Directory | CloseOnExec), folder);
        try
        {
            Checked(fsync(descriptor), folder);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>Opens a folder, for <see cref="FlushFileSystem"/>.</summary>
    public static SafeFileHandle OpenFolder(string folder) => new(Checked(open(folder, ReadOnly | Directory | CloseOnExec), folder), ownsHandle: true);

    /// <summary>
    /// Flushes the whole file system that a folder lies on: one wait for any number of files. It reports what could not be written since the folder was
    /// opened, so that must have been before the first of them was.
    /// </summary>
    public static void FlushFileSystem(SafeFileHandle folder) => Checked(syncfs(folder), "the file system");

    /// <summary>
    /// Whether an open file still has a name. A lock says nothing about that: the file may have been removed between opening and locking it, and another
    /// may stand in its place.
    /// </summary>
    public static bool HasName(SafeFileHandle file) => File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)?.FullName.EndsWith(" (deleted)", StringComparison.Ordinal) == false;

    /// <summary>Gives a file its name, unless the name is taken.</summary>
    /// <returns>False when it is.</returns>
    public static bool RenameNew(string from, string to)
    {
        if (renameat2(AtCurrentDirectory, from, AtCurrentDirectory, to, NoReplace) == 0) return true;
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.Exists) return false;
        if (error is not (Errno.Invalid or Errno.NotImplemented)) throw Failure(error, to);
        if (link(from, to) != 0) // a file system without RENAME_NOREPLACE
        {
            error = Marshal.GetLastPInvokeError();
            return error == Errno.Exists ? false : throw Failure(error, to);
        }

        Checked(unlink(from), from);
        return true;
    }

    /// <summary>Lets the kernel begin to write a range out, so that the flush at the end has less to wait for. A hint only: its result does not matter.</summary>
    public static void BeginWriting(SafeHandle file, long offset, long length) => _ = sync_file_range(file, offset, length, StartWriting);

    private static int Checked(int result, string path) => result >= 0 ? result : throw Failure(Marshal.GetLastPInvokeError(), path);

    private static IOException Failure(int error, string path) => new($"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'", error);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int open(string path, int flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int mkdir(string path, uint mode);
    [LibraryImport("libc", SetLastError = true)] private static partial int close(int descriptor);
    [LibraryImport("libc", SetLastError = true)] private static partial int fsync(int descriptor);
    [LibraryImport("libc", SetLastError = true)] private static partial int syncfs(SafeHandle folder);
    [LibraryImport("libc", SetLastError = true)] private static partial int sync_file_range(SafeHandle file, long offset, long length, uint flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int link(string from, string to);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int unlink(string path);
}
