using System.Runtime.InteropServices;
using Holdfast.Archive.Items;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Readers;

namespace Holdfast.Engines.Sqlite;

/// <summary>The engine for SQLite databases: files in directories.</summary>
public sealed class SqliteEngine : IDatabaseEngine
{
    /// <summary>Its kind, in configuration, archives and API.</summary>
    internal const string Kind = "sqlite";

    private readonly TimeProvider _time;
    private readonly ScriptFormat _script;
    private readonly SqliteTuning _tuning;
    private readonly ReaderPool? _readers;

    /// <summary>Creates the engine.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="readers">Reads databases that other users can write to. Default none: this process reads them.</param>
    public SqliteEngine(TimeProvider time, ReaderPool? readers = null)
        : this(time, ScriptFormat.Default, new(), readers) { }

    internal SqliteEngine(TimeProvider time, ScriptFormat script, SqliteTuning tuning, ReaderPool? readers = null)
    {
        _time = time;
        _script = script;
        _tuning = tuning;
        _readers = readers;
    }

    /// <inheritdoc/>
    public string Name => Kind;

    /// <summary>Version of the SQLite library, for example <c>3.53.4</c>.</summary>
    internal static unsafe string LibraryVersion => Marshal.PtrToStringUTF8((nint)SqliteNative.sqlite3_libversion())!;

    /// <inheritdoc/>
    public IDatabaseSource Attach(SourceConfig config) =>
        config is SqliteSourceConfig sqlite
            ? new SqliteSource(sqlite, _time, _script, _tuning, _readers)
            : throw new ArgumentException($"A {config.GetType().Name} is not for SQLite.", nameof(config));

    /// <inheritdoc/>
    public IStreamCheck? CreateStreamCheck(string item) => item == SqliteView.ScriptItem ? new ScriptCheck() : null;
}
