using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Archive;

/// <summary>
/// A lock file that its creator holds locked with flock(2) while it works: a cleanup after killed processes removes only what is not
/// locked. The file exists before it is locked, so a concurrent cleanup can mistake a new one for a leftover and remove it; the lock is
/// then created again until it has kept its name.
/// </summary>
public static partial class OwnerLock
{
    private const int ReadWrite = 2,
        Create = 0x40,
        OnlyNew = 0x80,
        NonBlocking = 0x800,
        NoFollow = 0x20000,
        CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180; // 0600
    private const int Exclusive = 2,
        WithoutWaiting = 4;
    private const int NoEntryError = 2,
        InterruptedError = 4,
        NoFolderError = 20,
        StaleError = 116;
    private const int CurrentFolder = -100,
        NoFollowStatus = 0x100,
        EmptyPath = 0x1000;
    private const uint InodeNumber = 0x100;
    private const int MaxAttempts = 100;

    /// <summary>
    /// Creates and locks a file, accessible to its owner only. Closing the handle releases the lock; the caller deletes the file first.
    /// </summary>
    /// <param name="path">The file, which must not exist.</param>
    /// <exception cref="IOException">The file exists, cannot be created, or is removed each time.</exception>
    public static SafeFileHandle AcquireNew(string path)
    {
        for (var i = 0; i < MaxAttempts; i++)
        {
            if (TryAcquireNew(path) is { } held)
            {
                return held;
            }
        }

        throw new IOException($"'{path}' cannot be created: another process removes it each time.");
    }

    /// <summary>Creates and locks a file; null if a cleanup removed it as a leftover.</summary>
    /// <param name="path">The file, which must not exist.</param>
    /// <exception cref="IOException">The file exists, or cannot be created.</exception>
    public static SafeFileHandle? TryAcquireNew(string path)
    {
        // Not with .NET, which also locks files that it opens, and fails instead of waiting for a cleanup that is about to release its
        // lock.
        var file = Open(path, ReadWrite | Create | OnlyNew | CloseOnExec);
        Lock(file, Exclusive);
        if (HasName(file, path))
        {
            return file;
        }
        file.Dispose();
        return null;
    }

    /// <summary>
    /// Takes the lock of a creator that has ended, without waiting. Null if the creator is alive or has just deleted the file.
    /// </summary>
    /// <param name="path">The file. A link is not followed.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafeFileHandle? TryAcquire(string path)
    {
        SafeFileHandle file;
        try
        {
            file = Open(path, ReadWrite | NonBlocking | NoFollow | CloseOnExec);
        }
        catch (IOException e) when (e.HResult == NoEntryError)
        {
            return null;
        }

        if (Lock(file, Exclusive | WithoutWaiting) && HasName(file, path))
        {
            return file;
        }
        file.Dispose();
        return null;
    }

    /// <summary>
    /// Whether an open file still has its name. A lock does not imply that: the file may have been removed between opening and locking, and
    /// another created in its place. The link count is not sufficient, because NFS renames an open file that is removed.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The path with which it was opened.</param>
    /// <exception cref="IOException">It cannot be determined.</exception>
    public static bool HasName(SafeFileHandle file, string path)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            if (statx((int)file.DangerousGetHandle(), "", EmptyPath, InodeNumber, out var opened) != 0)
            {
                throw Failure(path);
            }
            if (statx(CurrentFolder, path, NoFollowStatus, InodeNumber, out var named) == 0)
            {
                return named.IsSameFile(opened);
            }
            return Marshal.GetLastPInvokeError() is NoEntryError or NoFolderError or StaleError ? false : throw Failure(path);
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        var opened = open(path, flags, OwnerOnly);
        return opened >= 0 ? new(opened, ownsHandle: true) : throw Failure(path);
    }

    private static IOException Failure(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new($"'{path}' cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    // Also false on a file system without locks: creators there continue without one, and nothing is cleaned up.
    private static bool Lock(SafeFileHandle file, int operation)
    {
        while (flock(file, operation) != 0)
        {
            if (Marshal.GetLastPInvokeError() != InterruptedError)
            {
                return false;
            }
        }

        return true;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out Status status);

    // The fields of struct statx that are used here.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        public readonly bool IsSameFile(in Status other) =>
            (DeviceMajor, DeviceMinor, Inode) == (other.DeviceMajor, other.DeviceMinor, other.Inode);
    }
}
