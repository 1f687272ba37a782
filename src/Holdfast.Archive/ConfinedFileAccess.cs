using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Archive;

/// <summary>
/// Opens files and folders beneath a folder without following symbolic links, even if names are exchanged concurrently. All access that is
/// confined to the root of a source or destination uses it.
/// </summary>
public static partial class ConfinedFileAccess
{
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int Directory = 0x10000;
    private const int NoFollow = 0x20000;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;
    private const int NotPermittedError = 1,
        InvalidError = 22,
        NotImplementedError = 38;
    private const long OpenAt2 = 437; // the same on all architectures
    private const ulong ResolveNoLinks = 4;
    private const ulong ResolveBeneath = 8;

    /// <summary>
    /// Opens the root folder beneath which others are opened. Links in its own path are followed, because it is the boundary.
    /// </summary>
    /// <exception cref="IOException">The HResult is the error number.</exception>
    public static SafeFileHandle OpenRoot(string path)
    {
        var opened = open(path, PathOnly | Directory | CloseOnExec);
        return opened >= 0 ? new(opened, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), path);
    }

    /// <summary>Opens a file for reading, without blocking even if it is a pipe: the caller checks its type.</summary>
    /// <param name="folder">The open folder.</param>
    /// <param name="path">The path relative to it.</param>
    /// <exception cref="IOException">The HResult is the error number; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenFile(SafeFileHandle folder, string path) => Open(folder, path, ReadOnly | NonBlocking | CloseOnExec);

    /// <summary>Opens a folder for listing.</summary>
    /// <param name="folder">The open folder.</param>
    /// <param name="path">The path relative to it; empty for the folder itself.</param>
    /// <exception cref="IOException">The HResult is the error number; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenFolder(SafeFileHandle folder, string path) => Open(folder, path, ReadOnly | Directory | CloseOnExec);

    /// <summary>Opens a folder as a base for others (O_PATH), which needs no permission to list it.</summary>
    /// <param name="folder">The open folder.</param>
    /// <param name="path">The path relative to it; empty for the folder itself.</param>
    /// <exception cref="IOException">The HResult is the error number; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenPathOnly(SafeFileHandle folder, string path) => Open(folder, path, PathOnly | Directory | CloseOnExec);

    /// <summary>
    /// Opens a file without blocking, refusing a link as the last component. For paths that start at an open folder, from
    /// <see cref="PathIn"/>.
    /// </summary>
    /// <exception cref="IOException">The HResult is the error number; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenNoFollow(string path)
    {
        var opened = open(path, ReadOnly | NonBlocking | NoFollow | CloseOnExec);
        return opened >= 0 ? new(opened, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), path);
    }

    /// <summary>
    /// Returns the path of a name in an open folder, even if the folder is moved, for APIs that need a path. Valid while the handle is
    /// open.
    /// </summary>
    public static string PathIn(SafeFileHandle folder, string name) => $"/proc/self/fd/{folder.DangerousGetHandle()}/{name}";

    private static SafeFileHandle Open(SafeFileHandle folder, string path, int flags)
    {
        if (path.Length == 0)
        {
            path = ".";
        }
        var how = new OpenHow { Flags = (ulong)flags, Resolve = ResolveBeneath | ResolveNoLinks };
        var opened = (int)openat2(OpenAt2, folder, path, ref how, OpenHow.Size);
        if (opened >= 0)
        {
            return new(opened, ownsHandle: true);
        }
        var error = Marshal.GetLastPInvokeError();
        // For Linux before 5.6 and containers that block openat2: opens one path component after the other.
        return error is NotImplementedError or NotPermittedError ? OpenStepwise(folder, path, flags) : throw Failure(error, path);
    }

    private static SafeFileHandle OpenStepwise(SafeFileHandle folder, string path, int flags)
    {
        var names = path.Split('/');
        if (names.Contains(".."))
        {
            throw Failure(InvalidError, path);
        }
        var at = folder;
        for (var i = 0; ; i++)
        {
            var isLast = i == names.Length - 1;
            var next = openat(at, names[i], (isLast ? flags : PathOnly | Directory | CloseOnExec) | NoFollow);
            var error = Marshal.GetLastPInvokeError();
            if (at != folder)
            {
                at.Dispose();
            }
            if (next < 0)
            {
                throw Failure(error, path);
            }
            at = new(next, ownsHandle: true);
            if (isLast)
            {
                return at;
            }
        }
    }

    private static IOException Failure(int error, string path) => new($"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'", error);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint openat2(long number, SafeHandle folder, string path, ref OpenHow how, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(SafeHandle folder, string path, int flags);

    // struct open_how of openat2(2).
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public const nuint Size = 24;
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
