using System.Runtime.InteropServices;

namespace Holdfast.State.Embedded;

/// <summary>Which file a path names at the moment: two that are equal are one file, whatever became of the names between.</summary>
/// <param name="Device">Device that it lies on.</param>
/// <param name="Inode">Its number there.</param>
internal readonly partial record struct FileStatus(ulong Device, ulong Inode)
{
    private const int CurrentFolder = -100;
    private const uint InodeOnly = 0x100;
    private const int ReadOnly = 0;
    private const int Folder = 0x10000;
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// The file of a path; null where there is none, or it cannot be seen. It is not opened: closing it again would
    /// drop the locks of SQLite.
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

    /// <summary>Flushes the entries of a folder to disk: a new or renamed file in it has its name for good.</summary>
    /// <exception cref="IOException">It cannot be flushed.</exception>
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
