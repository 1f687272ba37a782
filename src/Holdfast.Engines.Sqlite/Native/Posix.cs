using System.ComponentModel;
using System.IO.Pipes;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Holdfast.Archive;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>The few calls of the operating system that .NET does not offer.</summary>
internal static unsafe partial class Posix
{
    private const int CurrentFolder = -100;
    private const int NoReplace = 1;
    private const int ExistsError = 17,
        InvalidError = 22,
        NotImplementedError = 38;
    private const int CloseOnExec = 0x80000,
        NonBlocking = 0x800,
        NoFollow = 0x20000;
    private const int ReadWrite = 2;
    private const int SetPipeSize = 1031,
        MaxPipeBytes = 1 << 20;

    // On the 64-bit systems that we run on: f_fsid of statfs, d_name of dirent.
    private const int FileSystemOffset = 56,
        NameOffset = 19;

    /// <summary>The path with all symbolic links resolved; null where it does not lead to anything.</summary>
    public static string? RealPath(string path)
    {
        byte* result;
        fixed (byte* name = SqliteConnection.Utf8(path))
        {
            result = realpath(name, null);
        }
        if (result is null)
        {
            return null;
        }
        try
        {
            return Marshal.PtrToStringUTF8((nint)result);
        }
        finally
        {
            NativeMemory.Free(result);
        }
    }

    /// <summary>Renames without ever overwriting; false where the new name is taken.</summary>
    public static bool TryRename(string from, string to)
    {
        fixed (
            byte* source = SqliteConnection.Utf8(from),
                target = SqliteConnection.Utf8(to)
        )
        {
            if (renameat2(CurrentFolder, source, CurrentFolder, target, NoReplace) == 0)
            {
                return true;
            }
            var error = Marshal.GetLastPInvokeError();
            if (error is InvalidError or NotImplementedError) // this file system cannot
            {
                if (link(source, target) == 0)
                {
                    File.Delete(from);
                    return true;
                }

                error = Marshal.GetLastPInvokeError();
                if (HardLinks.AreUnsupported(error))
                {
                    return TryRenameReserved(from, to);
                }
            }

            return error == ExistsError ? false : throw new IOException($"'{to}' cannot be made: {new Win32Exception(error).Message}.");
        }
    }

    /// <summary>The same in two steps: the new name is taken by an empty file first, which a crash can leave.</summary>
    internal static bool TryRenameReserved(string from, string to)
    {
        try
        {
            using var reserved = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        }
        catch (IOException e) when (e.HResult == ExistsError)
        {
            return false;
        }

        try
        {
            File.Move(from, to, overwrite: true);
            return true;
        }
        catch
        {
            File.Delete(to);
            throw;
        }
    }

    /// <summary>Gives an open file to a user, a group, or both; what is null stays. Returns 0 or the error.</summary>
    public static int ChangeOwner(SafeFileHandle file, uint? user, uint? group)
    {
        var isHeld = false;
        file.DangerousAddRef(ref isHeld);
        try
        {
            return fchown((int)file.DangerousGetHandle(), user ?? uint.MaxValue, group ?? uint.MaxValue) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Makes new names in a folder outlive a power cut.</summary>
    public static void FlushFolder(string path)
    {
        int descriptor;
        fixed (byte* name = SqliteConnection.Utf8(path))
        {
            descriptor = open(name, CloseOnExec);
        }
        if (descriptor < 0)
        {
            throw new IOException($"'{path}' cannot be opened: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        }
        var result = fsync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        if (result != 0 && error != InvalidError)
        {
            throw new IOException($"'{path}' cannot be flushed: {new Win32Exception(error).Message}.");
        }
    }

    /// <summary>
    /// The number of the file system that a path lies on, as statfs(2) tells it: of an ext4 its UUID's. Null where it
    /// cannot be asked, or has none.
    /// </summary>
    public static ulong? GetFileSystemId(string path)
    {
        var buffer = stackalloc byte[256];
        int result;
        fixed (byte* name = SqliteConnection.Utf8(path))
        {
            result = statfs(name, buffer);
        }
        return result == 0 && *(ulong*)(buffer + FileSystemOffset) is not 0 and var id ? id : null;
    }

    /// <summary>The names in a folder as they are, in bytes; empty where it cannot be read.</summary>
    public static List<byte[]> ListNames(string folder)
    {
        void* entries;
        fixed (byte* name = SqliteConnection.Utf8(folder))
        {
            entries = opendir(name);
        }
        var names = new List<byte[]>();
        if (entries is null)
        {
            return names;
        }
        for (var entry = readdir(entries); entry is not null; entry = readdir(entries))
        {
            names.Add(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset).ToArray());
        }
        _ = closedir(entries);
        return names;
    }

    /// <summary>
    /// Reads the beginning of a file; false where it cannot be opened. Not for files that SQLite could have open:
    /// closing it drops their locks.
    /// </summary>
    /// <param name="path">Its path in bytes, with a zero at its end.</param>
    /// <param name="bytes">Takes what is read; zeros where the file is shorter.</param>
    public static bool TryReadBeginning(byte[] path, Span<byte> bytes)
    {
        int descriptor;
        fixed (byte* name = path)
        {
            descriptor = open(name, CloseOnExec | NonBlocking | NoFollow);
        }
        if (descriptor < 0)
        {
            return false;
        }
        bytes.Clear();
        nint count;
        fixed (byte* target = bytes)
        {
            count = read(descriptor, target, (nuint)bytes.Length);
        }
        _ = close(descriptor);
        return count >= 0;
    }

    /// <summary>Opens a regular file for reading, unless its name is a link. Never waits, as opening a pipe would.</summary>
    /// <exception cref="IOException">It cannot be opened, or is something else.</exception>
    public static SafeFileHandle OpenRegular(string path)
    {
        var file = ConfinedFileAccess.OpenNoFollow(path);
        if (FileStatus.Get(file).IsRegular)
        {
            return file;
        }
        file.Dispose();
        throw new IOException($"it is no file: '{path}'");
    }

    /// <summary>What SQLite opens files by: whoever puts a pipe where a file was a moment ago holds nobody up.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int OpenNonBlocking(byte* path, int flags, int mode)
    {
        var descriptor = open3(path, flags | NonBlocking, mode);
        Marshal.SetLastSystemError(Marshal.GetLastPInvokeError()); // SQLite looks at it
        return descriptor;
    }

    /// <summary>The user as whom this process acts.</summary>
    public static uint EffectiveUserId { get; } = geteuid();

    /// <summary>
    /// Gives a pipe the most room that one may have without being asked for more. A hint only: its result does not
    /// matter.
    /// </summary>
    public static void EnlargePipe(Stream pipe)
    {
        if (pipe is PipeStream { SafePipeHandle: var handle })
        {
            _ = fcntl(handle, SetPipeSize, MaxPipeBytes);
        }
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int fcntl(SafeHandle file, int command, nint argument);

    [LibraryImport("libc")]
    private static partial int statfs(byte* path, byte* buffer);

    [LibraryImport("libc")]
    private static partial void* opendir(byte* path);

    [LibraryImport("libc")]
    private static partial byte* readdir(void* entries);

    [LibraryImport("libc")]
    private static partial int closedir(void* entries);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial byte* realpath(byte* path, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat2(int oldFolder, byte* oldPath, int newFolder, byte* newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int link(byte* from, byte* to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int descriptor, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int open3(byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
