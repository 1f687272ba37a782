using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>What statx(2) says of a file; it opens nothing, so no lock is lost. Symbolic links are not followed.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last change of the contents, in ns since 1970.</param>
/// <param name="Changed">Last change of contents or inode, in ns since 1970.</param>
/// <param name="Inode">Number of the inode.</param>
/// <param name="Device">Number of the device.</param>
/// <param name="Mode">Type and permissions.</param>
internal readonly partial record struct FileStatus(long Size, long Modified, long Changed, ulong Inode, ulong Device, int Mode)
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const int BasicStatus = 0x7ff;
    private const int TypeMask = 0xF000;
    private static ReadOnlySpan<ushort> Types => [0x8000, 0x4000];

    /// <summary>A file with contents: no folder, link, pipe or device.</summary>
    public bool IsRegular => (Mode & TypeMask) == Types[0];

    /// <summary>A folder.</summary>
    public bool IsFolder => (Mode & TypeMask) == Types[1];

    /// <summary>Reads the status; false where there is nothing of that name, or the way to it is closed.</summary>
    public static unsafe bool TryGet(string path, out FileStatus status)
    {
        var buffer = stackalloc byte[256];
        int result;
        fixed (byte* name = SqliteConnection.Utf8(path)) result = statx(CurrentFolder, name, NoFollow, BasicStatus, buffer);
        if (result != 0)
        {
            status = default;
            return false;
        }

        status = new(*(long*)(buffer + 40), Time(buffer + 112), Time(buffer + 96), *(ulong*)(buffer + 32), *(ulong*)(buffer + 136), *(ushort*)(buffer + 28));
        return true;
    }

    /// <summary>The status; null where there is none.</summary>
    public static FileStatus? Of(string path) => TryGet(path, out var status) ? status : null;

    private static unsafe long Time(byte* field) => (*(long*)field * 1_000_000_000) + *(uint*)(field + 8);

    [LibraryImport("libc")]
    private static unsafe partial int statx(int folder, byte* path, int flags, uint mask, byte* buffer);
}
