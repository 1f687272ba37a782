using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Archive;

/// <summary>
/// Opens what lies beneath a folder: no link leads anywhere on the way, and the last name is none, whoever exchanges
/// names meanwhile. What a root limits,
/// of a source or of a destination, is opened by this.
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
    /// Opens a folder as a place to open others beneath. Links on the way to it are followed: it is the limit, and
    /// nothing limits it.
    /// </summary>
    /// <exception cref="IOException">With the error number as its result.</exception>
    public static SafeFileHandle OpenRoot(string path)
    {
        var opened = open(path, PathOnly | Directory | CloseOnExec);
        return opened >= 0 ? new(opened, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), path);
    }

    /// <summary>Opens a file for reading. It never waits, as opening a pipe would: the caller looks at what it is.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The path from there.</param>
    /// <exception cref="IOException">With the error number as its result; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenFile(SafeFileHandle folder, string path) => Open(folder, path, ReadOnly | NonBlocking | CloseOnExec);

    /// <summary>Opens a folder, to list it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The path from there; empty for the folder itself.</param>
    /// <exception cref="IOException">With the error number as its result; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenFolder(SafeFileHandle folder, string path) => Open(folder, path, ReadOnly | Directory | CloseOnExec);

    /// <summary>Opens a folder as a place to open others beneath, which needs no right to list it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The path from there; empty for the folder itself.</param>
    /// <exception cref="IOException">With the error number as its result; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenPathOnly(SafeFileHandle folder, string path) => Open(folder, path, PathOnly | Directory | CloseOnExec);

    /// <summary>
    /// Opens a file by a path whose last name is no link, without waiting. For a path that begins at an open folder, as
    /// <see cref="PathIn"/> makes it.
    /// </summary>
    /// <exception cref="IOException">With the error number as its result; 40 (ELOOP) for a link.</exception>
    public static SafeFileHandle OpenNoFollow(string path)
    {
        var opened = open(path, ReadOnly | NonBlocking | NoFollow | CloseOnExec);
        return opened >= 0 ? new(opened, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), path);
    }

    /// <summary>
    /// The path of a name in an open folder, wherever that has been moved to: for what opens by paths alone. It holds
    /// as long as the handle is open.
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
        // Linux before 5.6, and containers that know no better: the same, one name after the other.
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
