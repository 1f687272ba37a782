using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// The functions of SQLite's C interface that this engine needs (https://sqlite.org/c3ref/funclist.html). The whole
/// process uses one library, because two of them with the same file open would drop each other's locks: SQLite3
/// Multiple Ciphers if it was built, else e_sqlite3.
/// </summary>
internal static unsafe partial class SqliteNative
{
    private const string Library = "holdfast-sqlite";

    /// <summary>Whether encrypted databases can be opened, that is, SQLite3 Multiple Ciphers was loaded.</summary>
    public static bool HasCiphers { get; private set; }

    [ModuleInitializer]
    internal static void Initialize() => NativeLibrary.SetDllImportResolver(typeof(SqliteNative).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }
        if (
            NativeLibrary.TryLoad("libsqlite3mc", assembly, DllImportSearchPath.AssemblyDirectory, out var handle)
            || NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "libsqlite3mc.so"), out handle)
        )
        {
            HasCiphers = true;
            CountMemory(handle);
            return handle;
        }

        handle = NativeLibrary.Load("e_sqlite3", assembly, null);
        CountMemory(handle);
        return handle;
    }

    // Has to run before the library is first used, and has no effect later: a memory limit needs memory accounting.
    private static void CountMemory(nint library)
    {
        const int MemoryStatus = 9;
        _ = ((delegate* unmanaged[Cdecl]<int, int, int>)NativeLibrary.GetExport(library, "sqlite3_config"))(MemoryStatus, 1);
    }

    [LibraryImport(Library)]
    public static partial int sqlite3_initialize();

    [LibraryImport(Library)]
    public static partial byte* sqlite3_libversion();

    [LibraryImport(Library)]
    public static partial int sqlite3_open_v2(byte* filename, out nint db, int flags, byte* vfs);

    [LibraryImport(Library)]
    public static partial int sqlite3_close_v2(nint db);

    [LibraryImport(Library)]
    public static partial int sqlite3_extended_result_codes(nint db, int on);

    [LibraryImport(Library)]
    public static partial int sqlite3_extended_errcode(nint db);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_errmsg(nint db);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_errstr(int code);

    [LibraryImport(Library)]
    public static partial int sqlite3_busy_timeout(nint db, int milliseconds);

    [LibraryImport(Library)]
    public static partial void sqlite3_interrupt(nint db);

    [LibraryImport(Library)]
    public static partial int sqlite3_limit(nint db, int id, int value);

    [LibraryImport(Library)]
    public static partial int sqlite3_get_autocommit(nint db);

    [LibraryImport(Library)]
    public static partial long sqlite3_hard_heap_limit64(long bytes);

    [LibraryImport(Library)]
    public static partial long sqlite3_memory_used();

    // sqlite3_db_config is variadic; on x64 and arm64 Linux, an int and a pointer are passed in the variable part as in
    // the fixed part.
    [LibraryImport(Library)]
    public static partial int sqlite3_db_config(nint db, int option, int value, int* result);

    [LibraryImport(Library)]
    public static partial int sqlite3_prepare_v3(nint db, byte* sql, int bytes, uint flags, out nint statement, byte** tail);

    [LibraryImport(Library)]
    public static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_text(nint statement, int index, byte* text, int bytes, nint destructor);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_value(nint statement, int index, nint value);

    [LibraryImport(Library)]
    public static partial nint sqlite3_column_value(nint statement, int column);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_blob(nint statement, int index, byte* blob, int bytes, nint destructor);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_column_count(nint statement);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial double sqlite3_column_double(nint statement, int column);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_column_text(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_column_bytes(nint statement, int column);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_column_name(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_bind_double(nint statement, int index, double value);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_bind_null(nint statement, int index);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_text64(nint statement, int index, byte* text, ulong bytes, nint destructor, byte encoding);

    [LibraryImport(Library)]
    public static partial long sqlite3_changes64(nint db);

    [LibraryImport(Library)]
    public static partial int sqlite3_compileoption_used(byte* name);

    [LibraryImport(Library)]
    public static partial int sqlite3_set_authorizer(
        nint db,
        delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, byte*, byte*, int> callback,
        nint context
    );

    [LibraryImport(Library)]
    public static partial int sqlite3_file_control(nint db, byte* schema, int operation, void* argument);

    [LibraryImport(Library)]
    public static partial int sqlite3_deserialize(nint db, byte* schema, byte* image, long bytes, long capacity, uint flags);

    [LibraryImport(Library)]
    public static partial nint sqlite3_vfs_find(byte* name);

    [LibraryImport(Library)]
    public static partial int sqlite3_vfs_register(nint vfs, int makeDefault);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_create_filename(byte* database, byte* journal, byte* wal, int parameters, byte** values);

    [LibraryImport(Library)]
    public static partial void sqlite3_free_filename(byte* name);

    // Only in SQLite3 Multiple Ciphers; check HasCiphers first.
    [LibraryImport(Library)]
    public static partial int sqlite3mc_vfs_create(byte* real, int makeDefault);

    [LibraryImport(Library)]
    public static partial int sqlite3_key_v2(nint db, byte* schema, byte* key, int bytes);
}
