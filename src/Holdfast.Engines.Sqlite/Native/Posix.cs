using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>The few calls of the operating system that .NET does not offer.</summary>
internal static unsafe partial class Posix
{
    private const int CurrentFolder = -100;
    private const int NoReplace = 1;
    private const int ExistsError = 17, InvalidError = 22, NotImplementedError = 38;
    private const int CloseOnExec = 0x80000;

    /// <summary>The path with all symbolic links resolved; null where it does not lead to anything.</summary>
    public static string? RealPath(string path)
    {
        byte* result;
        fixed (byte* name = SqliteConnection.Utf8(path)) result = realpath(name, null);
        if (result is null) return null;
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
        fixed (byte* source = SqliteConnection.Utf8(from), target = SqliteConnection.Utf8(to))
        {
            if (renameat2(CurrentFolder, source, CurrentFolder, target, NoReplace) == 0) return true;
            var error = Marshal.GetLastPInvokeError();
            if (error is InvalidError or NotImplementedError) // this file system cannot
            {
                if (link(source, target) == 0)
                {
                    File.Delete(from);
                    return true;
                }

                error = Marshal.GetLastPInvokeError();
            }

            return error == ExistsError ? false : throw new IOException($"'{to}' cannot be made: {new Win32Exception(error).Message}.");
        }
    }

    /// <summary>Makes new names in a folder outlive a power cut.</summary>
    public static void FlushFolder(string path)
    {
        int descriptor;
        fixed (byte* name = SqliteConnection.Utf8(path)) descriptor = open(name, CloseOnExec);
        if (descriptor < 0) throw new IOException($"'{path}' cannot be opened: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        var result = fsync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        if (result != 0 && error != InvalidError) throw new IOException($"'{path}' cannot be flushed: {new Win32Exception(error).Message}.");
    }

    [LibraryImport("libc")] private static partial byte* realpath(byte* path, byte* buffer);
    [LibraryImport("libc", SetLastError = true)] private static partial int renameat2(int oldFolder, byte* oldPath, int newFolder, byte* newPath, uint flags);
    [LibraryImport("libc", SetLastError = true)] private static partial int link(byte* from, byte* to);
    [LibraryImport("libc", SetLastError = true)] private static partial int open(byte* path, int flags);
    [LibraryImport("libc", SetLastError = true)] private static partial int fsync(int descriptor);
    [LibraryImport("libc")] private static partial int close(int descriptor);
}
