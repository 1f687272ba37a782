using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Status of a file from statx(2). Reading it opens nothing, so no lock is lost. Symbolic links are not followed.
/// </summary>
/// <param name="Size">Size in bytes.</param>
/// <param name="Modified">Last change of the contents, in ns since 1970.</param>
/// <param name="Changed">Last change of contents or inode, in ns since 1970.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Device">Device number.</param>
/// <param name="Mode">File type and permissions.</param>
internal readonly partial record struct FileStatus(long Size, long Modified, long Changed, ulong Inode, ulong Device, int Mode)
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const int BasicAndBirth = 0xfff;
    private const uint Birth = 0x800;
    private const int TypeMask = 0xF000;
    private const int NoEntryError = 2,
        NoFolderError = 20;
    private const int OthersWrite = 0x12; // 0022
    private static ReadOnlySpan<ushort> Types => [0x8000, 0x4000, 0xA000];

    /// <summary>Creation time, in ns since 1970; 0 if the file system does not record it.</summary>
    public long Created { get; init; }

    /// <summary>Number of names of the file: more than one if there are hard links.</summary>
    public uint Links { get; init; }

    /// <summary>User id of the owner.</summary>
    public uint User { get; init; }

    /// <summary>Group id.</summary>
    public uint Group { get; init; }

    /// <summary>
    /// Whether accounts other than the owner can write to it: its group, everybody, or an account in an access control
    /// list (which shows in the group permissions).
    /// </summary>
    public bool IsWritableByOthers => (Mode & OthersWrite) != 0;

    /// <summary>Whether this is a regular file, not a folder, link, pipe or device.</summary>
    public bool IsRegular => (Mode & TypeMask) == Types[0];

    /// <summary>Whether this is a folder.</summary>
    public bool IsFolder => (Mode & TypeMask) == Types[1];

    /// <summary>Whether this is a symbolic link.</summary>
    public bool IsLink => (Mode & TypeMask) == Types[2];

    /// <summary>
    /// Reads the status; returns 0 or an error number. Only <see cref="IsNotFound"/> means that the file does not
    /// exist.
    /// </summary>
    public static int Read(string path, out FileStatus status) => Read(CurrentFolder, SqliteConnection.Utf8(path), NoFollow, out status);

    /// <summary>
    /// Reads the status of a path given as bytes with a terminating zero, because file names need not be valid text.
    /// </summary>
    public static int Read(byte[] path, out FileStatus status) => Read(CurrentFolder, path, NoFollow, out status);

    /// <summary>
    /// Whether an error means that nothing of that name exists or can exist. With any other error, existence is
    /// unknown.
    /// </summary>
    public static bool IsNotFound(int error) => error is NoEntryError or NoFolderError;

    /// <summary>Whether both describe the same file, whatever its contents.</summary>
    public bool IsSameFile(in FileStatus other) => (Device, Inode) == (other.Device, other.Inode);

    /// <summary>Reads the status of an open descriptor; returns false if it cannot be read.</summary>
    public static bool TryGet(int descriptor, out FileStatus status) => TryGet(descriptor, [0], EmptyPath, out status);

    /// <summary>Reads the status; returns false if nothing of that name exists, or its folder cannot be reached.</summary>
    public static bool TryGet(string path, out FileStatus status) => TryGet(SqliteConnection.Utf8(path), out status);

    /// <summary>
    /// Reads the status of a path given as bytes with a terminating zero, because file names need not be valid text.
    /// </summary>
    public static bool TryGet(byte[] path, out FileStatus status) => TryGet(CurrentFolder, path, NoFollow, out status);

    /// <summary>Reads the status of an open file.</summary>
    public static FileStatus Get(SafeFileHandle file)
    {
        var isReferenced = false;
        file.DangerousAddRef(ref isReferenced);
        try
        {
            return TryGet((int)file.DangerousGetHandle(), [0], EmptyPath, out var status)
                ? status
                : throw new IOException("The status of an open file cannot be read.");
        }
        finally
        {
            if (isReferenced)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Returns the status, or null if it cannot be read.</summary>
    public static FileStatus? Get(string path) => TryGet(path, out var status) ? status : null;

    private static bool TryGet(int folder, byte[] path, int flags, out FileStatus status) => Read(folder, path, flags, out status) == 0;

    private static unsafe int Read(int folder, byte[] path, int flags, out FileStatus status)
    {
        var buffer = stackalloc byte[256];
        int result;
        fixed (byte* name = path)
        {
            result = statx(folder, name, flags, BasicAndBirth, buffer);
        }
        if (result != 0)
        {
            status = default;
            return Marshal.GetLastPInvokeError();
        }

        status = new(
            *(long*)(buffer + 40),
            Time(buffer + 112),
            Time(buffer + 96),
            *(ulong*)(buffer + 32),
            *(ulong*)(buffer + 136),
            *(ushort*)(buffer + 28)
        )
        {
            Created = (*(uint*)buffer & Birth) == 0 ? 0 : Time(buffer + 80),
            Links = *(uint*)(buffer + 16),
            User = *(uint*)(buffer + 20),
            Group = *(uint*)(buffer + 24),
        };
        return 0;
    }

    private static unsafe long Time(byte* field) => (*(long*)field * 1_000_000_000) + *(uint*)(field + 8);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(int folder, byte* path, int flags, uint mask, byte* buffer);
}
