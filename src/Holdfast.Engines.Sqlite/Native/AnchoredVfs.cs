using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// SQLite's "unix" file layer with one change: it leaves paths as they are. The original layer resolves links on the
/// path once, and then opens database, journal and log by the resolved names, when others may already have replaced
/// them. A path that begins at an open folder (<see cref="DatabaseFile.Path"/>) goes through a link of the kernel that
/// nobody can replace; the layer still refuses a link as the last component.
/// </summary>
internal static unsafe class AnchoredVfs
{
    // struct sqlite3_vfs of version 3 on 64-bit systems.
    private const int StructBytes = 168,
        NextSlot = 16,
        NameSlot = 24,
        FullPathSlot = 64;
    private static readonly byte[] Own = "holdfast-anchored\0"u8.ToArray();
    private static readonly Lazy<byte[]> Registered = new(Register);

    /// <summary>Its name, for <c>sqlite3_open_v2</c>.</summary>
    public static byte[] Name => Registered.Value;

    private static byte[] Register()
    {
        _ = sqlite3_initialize();
        fixed (byte* unix = "unix\0"u8)
        {
            var layer = NativeMemory.Alloc(StructBytes); // never freed: needed as long as the process runs
            new ReadOnlySpan<byte>((void*)sqlite3_vfs_find(unix), StructBytes).CopyTo(new(layer, StructBytes));
            var name = (byte*)NativeMemory.Alloc((nuint)Own.Length);
            Own.CopyTo(new Span<byte>(name, Own.Length));
            *(nint*)((byte*)layer + NextSlot) = 0;
            *(byte**)((byte*)layer + NameSlot) = name;
            *(delegate* unmanaged[Cdecl]<nint, byte*, int, byte*, int>*)((byte*)layer + FullPathSlot) = &KeepPath;
            if (sqlite3_vfs_register((nint)layer, 0) != Ok)
            {
                throw new InvalidOperationException("SQLite could not register the file layer.");
            }
            if (!HasCiphers)
            {
                return Own;
            }
            if (sqlite3mc_vfs_create(name, 0) != Ok)
            {
                throw new InvalidOperationException("SQLite3 Multiple Ciphers could not register the file layer.");
            }
            return [.. "multipleciphers-"u8, .. Own];
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int KeepPath(nint layer, byte* path, int capacity, byte* full)
    {
        var bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path);
        if (bytes.Length >= capacity)
        {
            return CantOpen;
        }
        bytes.CopyTo(new(full, capacity));
        full[bytes.Length] = 0;
        return Ok;
    }
}
