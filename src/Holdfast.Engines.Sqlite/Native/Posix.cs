using System.ComponentModel;
using System.IO.Pipes;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Holdfast.Archive;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>System calls that .NET does not offer.</summary>
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

    // Offsets on the supported 64-bit systems: f_fsid of statfs, d_name of dirent.
    private const int FileSystemOffset = 56,
        NameOffset = 19;

    /// <summary>Resolves all symbolic links of a path; returns null if the path does not exist.</summary>
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

    /// <summary>Renames without ever overwriting; returns false if the new name exists.</summary>
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
            if (error is InvalidError or NotImplementedError) // not supported by this file system
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

            return error == ExistsError ? false : throw new IOException($"'{to}' cannot be created: {new Win32Exception(error).Message}.");
        }
    }

    /// <summary>Renames in two steps: an empty file reserves the new name first, which a crash can leave behind.</summary>
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

    /// <summary>
    /// Changes the owner, the group, or both of an open file; null leaves it unchanged. Returns 0 or an error number.
    /// </summary>
    public static int ChangeOwner(SafeFileHandle file, uint? user, uint? group)
    {
        var isReferenced = false;
        file.DangerousAddRef(ref isReferenced);
        try
        {
            return fchown((int)file.DangerousGetHandle(), user ?? uint.MaxValue, group ?? uint.MaxValue) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
        finally
        {
            if (isReferenced)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Flushes a folder, so that new names in it survive a power failure.</summary>
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
    /// Returns the id of the file system that contains a path, from statfs(2); for ext4 it is derived from the UUID.
    /// Null if it cannot be read or there is none.
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

    /// <summary>Lists the names in a folder as bytes; empty if the folder cannot be read.</summary>
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
    /// Reads the beginning of a file; returns false if it cannot be opened. Must not be used on files that SQLite may
    /// have open: closing the file drops SQLite's locks.
    /// </summary>
    /// <param name="path">Its path as bytes with a terminating zero.</param>
    /// <param name="bytes">Receives the bytes; zeros beyond the end of the file.</param>
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

    /// <summary>Opens a regular file for reading, unless its name is a link. Never blocks, as opening a pipe would.</summary>
    /// <exception cref="IOException">It cannot be opened, or is not a regular file.</exception>
    public static SafeFileHandle OpenRegular(string path)
    {
        var file = ConfinedFileAccess.OpenNoFollow(path);
        if (FileStatus.Get(file).IsRegular)
        {
            return file;
        }
        file.Dispose();
        throw new IOException($"it is not a regular file: '{path}'");
    }

    /// <summary>The function by which SQLite opens files: if a file is replaced by a pipe, opening it does not block.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int OpenNonBlocking(byte* path, int flags, int mode)
    {
        var descriptor = open3(path, flags | NonBlocking, mode);
        Marshal.SetLastSystemError(Marshal.GetLastPInvokeError()); // SQLite reads errno
        return descriptor;
    }

    /// <summary>The effective user id of this process.</summary>
    public static uint EffectiveUserId { get; } = geteuid();

    /// <summary>
    /// Sets the capacity of a pipe to the maximum for unprivileged processes. Only an optimisation: the result is
    /// ignored.
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
