using System.Runtime.InteropServices;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// A database's main file, opened read-only through SQLite's own "unix" VFS and read as stored (ciphertext stays
/// ciphertext). It must never be opened by FileStream or File: close() drops every POSIX lock that this process holds
/// on the file, including those of other connections; SQLite's VFS knows these locks and defers its close().
/// </summary>
internal sealed unsafe class VfsFile : IDisposable
{
    /// <summary>Lock levels (sqlite3_file.xLock): none and shared.</summary>
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
    private const int DescriptorOffset = 24; // of unixFile.h, after three pointers
    private static readonly nint UnixVfs = FindVfs();

    private nint _file;
    private byte* _name;
    private bool _mapped;

    private VfsFile(nint file, byte* name)
    {
        _file = file;
        _name = name;
    }

    /// <summary>Opens a database's file, which must not be a symbolic link, or throws.</summary>
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

    /// <summary>Fills <paramref name="buffer"/>, with zeros beyond the end of the file. Returns the result code.</summary>
    public int TryRead(long offset, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            var code = ((delegate* unmanaged<nint, byte*, int, long, int>)Method(_file, 2))(_file, p, buffer.Length, offset);
            return code == ShortRead ? Ok : code;
        }
    }

    /// <summary>Fills <paramref name="buffer"/>, with zeros beyond the end of the file.</summary>
    public void Read(long offset, Span<byte> buffer, string path)
    {
        var code = TryRead(offset, buffer);
        if (code != Ok)
        {
            throw SqliteErrorTranslator.Translate(code, path, SqliteConnection.ErrorText(code));
        }
    }

    /// <summary>Takes a lock; returns SQLITE_BUSY if another process holds a conflicting one.</summary>
    public int Lock(int level) => ((delegate* unmanaged<nint, int, int>)Method(_file, 7))(_file, level);

    /// <summary>Downgrades to a lower lock.</summary>
    public int Unlock(int level) => ((delegate* unmanaged<nint, int, int>)Method(_file, 8))(_file, level);

    /// <summary>Whether the file that SQLite has opened is this file, by device and inode.</summary>
    public bool IsFile(in FileStatus status) =>
        FileStatus.TryGet(*(int*)(_file + DescriptorOffset), out var open) && open.IsSameFile(status);

    /// <summary>Whether a process holds the reserved lock, that is, prepares to write.</summary>
    public bool IsReserved()
    {
        int held;
        return ((delegate* unmanaged<nint, int*, int>)Method(_file, 9))(_file, &held) == Ok && held != 0;
    }

    /// <summary>
    /// Maps an existing region of the wal-index; <paramref name="region"/> is null if it does not exist. Call this only
    /// for an index that exists, while a shared lock is held, under which SQLite does not delete it: otherwise an index
    /// would be created, owned by this user.
    /// </summary>
    public int ShmMap(int index, out byte* region)
    {
        _mapped = true;
        byte* p = null;
        var code = ((delegate* unmanaged<nint, int, int, int, byte**, int>)Method(_file, 13))(_file, index, WalIndex.RegionBytes, 0, &p);
        region = p;
        return code;
    }

    /// <summary>Takes or releases locks of the wal-index.</summary>
    public int ShmLock(int first, int count, int flags) =>
        ((delegate* unmanaged<nint, int, int, int, int>)Method(_file, 14))(_file, first, count, flags);

    /// <summary>Unmaps the wal-index without deleting its file.</summary>
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

    /// <summary>Returns the address of a method of a <c>sqlite3_file</c>.</summary>
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
