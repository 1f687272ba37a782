using System.Runtime.InteropServices;
using Holdfast.Core.Events;

namespace Holdfast.Archive;

/// <summary>
/// Flushes folders, to make file names durable: a file that was flushed and renamed can still lose its name in a power failure until its
/// folder is flushed too.
/// </summary>
public static partial class FolderFlush
{
    private const int ReadOnly = 0;
    private const int Folder = 0x10000;
    private const int CloseOnExec = 0x80000;

    /// <summary>Raised for each flushed folder, on the flushing thread; for tests.</summary>
    internal static event Action<string>? Flushed;

    /// <summary>Creates a folder and its missing parents; all names are durable when this returns.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mode">Mode of created folders, before the umask.</param>
    /// <exception cref="IOException">A folder cannot be created or flushed.</exception>
    /// <exception cref="UnauthorizedAccessException">Creating a folder is not permitted.</exception>
    public static void CreateFolder(string folder, UnixFileMode mode)
    {
        var made = new Stack<string>();
        for (
            var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
            path is not null && !Directory.Exists(path);
            path = Path.GetDirectoryName(path)
        )
        {
            made.Push(path);
        }
        Directory.CreateDirectory(folder, mode);
        foreach (var path in made)
        {
            FlushParent(path);
        }
    }

    /// <summary>Flushes the entries of the folder that contains a file.</summary>
    /// <param name="file">Path of the file.</param>
    /// <exception cref="IOException">The folder cannot be flushed.</exception>
    public static void FlushParent(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
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
            Subscribers.Notify(Flushed, folder);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failure(string folder) =>
        new($"'{folder}' cannot be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
