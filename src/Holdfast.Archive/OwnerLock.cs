using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Archive;

/// <summary>
/// A file that its maker holds locked by flock(2) as long as it lives, beside what it makes: whoever cleans up after
/// killed processes removes only what
/// nobody holds. A name exists before it is locked, so that a cleaner can take a new one for a leftover: a lock is made
/// again until it has kept its name.
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

    /// <summary>Makes one, readable by its owner only. Closing it releases the lock; the caller removes the file before.</summary>
    /// <param name="path">The file, which does not exist yet.</param>
    /// <exception cref="IOException">It exists, cannot be made, or somebody removes each that is made.</exception>
    public static SafeFileHandle AcquireNew(string path)
    {
        for (var i = 0; i < MaxAttempts; i++)
        {
            if (TryAcquireNew(path) is { } held)
            {
                return held;
            }
        }

        throw new IOException($"'{path}' cannot be made: something removes it again and again.");
    }

    /// <summary>Makes one; null where a cleaner has taken it for a leftover and removed it.</summary>
    /// <param name="path">The file, which does not exist yet.</param>
    /// <exception cref="IOException">It exists, or cannot be made.</exception>
    public static SafeFileHandle? TryAcquireNew(string path)
    {
        // Not by .NET, which locks what it opens too, and does not wait where a cleaner is about to let go.
        var file = Open(path, ReadWrite | Create | OnlyNew | CloseOnExec);
        Lock(file, Exclusive);
        if (HasName(file, path))
        {
            return file;
        }
        file.Dispose();
        return null;
    }

    /// <summary>Takes the lock of a maker that is gone, without waiting. Null where it lives, or has just removed the file.</summary>
    /// <param name="path">The file. A link is not followed.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
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
    /// Whether an open file still has its name. A lock says nothing about that: the file may have been removed between
    /// opening and locking it, and another
    /// may stand in its place. Not asked of the file alone: NFS renames an open file that is removed.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The path that it was opened by.</param>
    /// <exception cref="IOException">It cannot be told.</exception>
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

    // False also on a file system that has no locks: whoever makes something there goes on without, and nobody cleans up after it.
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

    // struct statx, as far as it is read here.
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
