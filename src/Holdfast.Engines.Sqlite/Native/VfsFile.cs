using System.Runtime.InteropServices;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// A database's main file, opened read-only through SQLite's own "unix" VFS and read as it lies on disk (ciphertext stays ciphertext).
/// It must never be opened by FileStream or File: close() drops every POSIX lock that this process holds on the file, also those of
/// other connections; SQLite's VFS knows of them and puts its close() off.
/// </summary>
internal sealed unsafe class VfsFile : IDisposable
{
    /// <summary>Level of a lock (sqlite3_file.xLock): none, and shared.</summary>
    public const int LockNone = 0,
        LockShared = 1;

    /// <summary>Flags of <see cref="ShmLock"/>.</summary>
    public const int ShmUnlockFlag = 1,
        ShmLockFlag = 2,
        ShmSharedFlag = 4,
        ShmExclusiveFlag = 8;

    private const int ShortRead = 522; // SQLITE_IOERR_SHORT_READ: the rest of the buffer was filled with zeros
    private const int VfsOpenSlot = 40,
        SystemCallSlot = 144; // offsets of sqlite3_vfs.xOpen and xSetSystemCall on 64-bit systems
    private const int DescriptorOffset = 24; // of unixFile.h, behind three pointers
    private static readonly nint UnixVfs = FindVfs();

    private nint _file;
    private byte* _name;
    private bool _mapped;

    private VfsFile(nint file, byte* name)
    {
        _file = file;
        _name = name;
    }

    /// <summary>Opens a database's file; throws where that fails. It may not be a symbolic link.</summary>
    public static VfsFile Open(DatabaseFile database)
    {
        var code = TryOpen(database.Path, out var file);
        return file ?? throw SqliteErrorTranslator.Translate(code, database.DisplayPath, SqliteConnection.ErrorText(code));
    }

    /// <summary>Opens <paramref name="path"/>; returns SQLite's result code.</summary>
    public static int TryOpen(string path, out VfsFile? file)
    {
        byte* name;
        fixed (
            byte* main = SqliteConnection.Utf8(path),
                journal = SqliteConnection.Utf8(path + "-journal"),
                wal = SqliteConnection.Utf8(path + "-wal")
        )
        {
            name = sqlite3_create_filename(main, journal, wal, 0, null);
        }
        var handle = (nint)NativeMemory.AllocZeroed((nuint)(*(int*)(UnixVfs + 4)));
        var open = (delegate* unmanaged<nint, byte*, nint, int, int*, int>)(*(nint*)(UnixVfs + VfsOpenSlot));
        int outFlags;
        var code = open(UnixVfs, name, handle, OpenReadOnly | OpenMainDatabase, &outFlags);
        file = new VfsFile(handle, name);
        if (code == Ok)
        {
            return code;
        }
        file.Dispose();
        file = null;
        return code;
    }

    /// <summary>Fills <paramref name="buffer"/>; what lies behind the end of the file reads as zeros. Returns the result code.</summary>
    public int TryRead(long offset, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            var code = ((delegate* unmanaged<nint, byte*, int, long, int>)Method(_file, 2))(_file, p, buffer.Length, offset);
            return code == ShortRead ? Ok : code;
        }
    }

    /// <summary>Fills <paramref name="buffer"/>; what lies behind the end of the file reads as zeros.</summary>
    public void Read(long offset, Span<byte> buffer, string path)
    {
        var code = TryRead(offset, buffer);
        if (code != Ok)
        {
            throw SqliteErrorTranslator.Translate(code, path, SqliteConnection.ErrorText(code));
        }
    }

    /// <summary>Takes a lock; SQLITE_BUSY where another process is in the way.</summary>
    public int Lock(int level) => ((delegate* unmanaged<nint, int, int>)Method(_file, 7))(_file, level);

    /// <summary>Goes back to a lower lock.</summary>
    public int Unlock(int level) => ((delegate* unmanaged<nint, int, int>)Method(_file, 8))(_file, level);

    /// <summary>Whether what SQLite has open is a certain file, by device and inode.</summary>
    public bool IsFile(in FileStatus status) =>
        FileStatus.TryGet(*(int*)(_file + DescriptorOffset), out var open) && open.IsSameFile(status);

    /// <summary>Whether anyone prepares a write.</summary>
    public bool IsReserved()
    {
        int held;
        return ((delegate* unmanaged<nint, int*, int>)Method(_file, 9))(_file, &held) == Ok && held != 0;
    }

    /// <summary>
    /// Maps a region of the wal-index that exists already; null in <paramref name="region"/> where it does not. Only
    /// for an index that is there, with
    /// a shared lock held, under which SQLite does not remove it: it would be made otherwise, and be ours.
    /// </summary>
    public int ShmMap(int index, out byte* region)
    {
        _mapped = true;
        byte* p = null;
        var code = ((delegate* unmanaged<nint, int, int, int, byte**, int>)Method(_file, 13))(_file, index, WalIndex.RegionBytes, 0, &p);
        region = p;
        return code;
    }

    /// <summary>Takes or drops locks of the wal-index.</summary>
    public int ShmLock(int first, int count, int flags) =>
        ((delegate* unmanaged<nint, int, int, int, int>)Method(_file, 14))(_file, first, count, flags);

    /// <summary>Lets go of the wal-index, keeping its file.</summary>
    public void ShmUnmap()
    {
        if (!_mapped)
        {
            return;
        }
        _mapped = false;
        ((delegate* unmanaged<nint, int, int>)Method(_file, 16))(_file, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_file == 0)
        {
            return;
        }
        if (*(nint*)_file != 0)
        {
            ShmUnmap();
            ((delegate* unmanaged<nint, int>)Method(_file, 1))(_file);
        }

        NativeMemory.Free((void*)_file);
        sqlite3_free_filename(_name);
        _file = 0;
        _name = null;
    }

    /// <summary>The address of a method of a <c>sqlite3_file</c>.</summary>
    private static nint Method(nint file, int slot) => ((nint*)*(nint*)file)[slot];

    private static nint FindVfs()
    {
        _ = sqlite3_initialize();
        fixed (
            byte* unix = "unix\0"u8,
                open = "open\0"u8
        )
        {
            var layer = sqlite3_vfs_find(unix);
            var set = (delegate* unmanaged<nint, byte*, delegate* unmanaged[Cdecl]<byte*, int, int, int>, int>)(
                *(nint*)(layer + SystemCallSlot)
            );
            _ = set(layer, open, &Posix.OpenNonBlocking);
            return layer;
        }
    }
}
