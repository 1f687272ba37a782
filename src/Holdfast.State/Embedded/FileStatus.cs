using System.Runtime.InteropServices;

namespace Holdfast.State.Embedded;

/// <summary>
/// Identity of the file that a path currently refers to. Equal values mean the same file, even if it was renamed in between.
/// </summary>
/// <param name="Device">Device of the file.</param>
/// <param name="Inode">Inode number on that device.</param>
internal readonly partial record struct FileStatus(ulong Device, ulong Inode)
{
    private const int CurrentFolder = -100;
    private const uint InodeOnly = 0x100;
    private const int ReadOnly = 0;
    private const int Folder = 0x10000;
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Returns the file at a path; null if there is none or it is not accessible. The file is not opened, because closing it would drop
    /// SQLite's locks.
    /// </summary>
    public static unsafe FileStatus? Of(string path)
    {
        var status = stackalloc byte[256];
        if (statx(CurrentFolder, path, 0, InodeOnly, status) != 0)
        {
            return null;
        }
        // stx_dev_major, stx_dev_minor, stx_ino
        return new(((ulong)*(uint*)(status + 136) << 32) | *(uint*)(status + 140), *(ulong*)(status + 32));
    }

    /// <summary>Flushes the entries of a folder to disk, so that the name of a new or renamed file in it is durable.</summary>
    /// <exception cref="IOException">The folder cannot be flushed.</exception>
    public static void FlushFolder(string folder)
    {
        var descriptor = open(folder, ReadOnly | Folder | CloseOnExec);
        if (descriptor < 0)
        {
            throw Failure(folder);
        }
        try
        {
            if (fsync(descriptor) != 0)
            {
                throw Failure(folder);
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failure(string path) => new($"'{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
