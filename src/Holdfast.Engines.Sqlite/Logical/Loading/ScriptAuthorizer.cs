using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Restricts what a hostile script can do to a connection: an allow-list of actions per kind of statement, which SQLite
/// checks while it compiles. SQLite calls it on the thread that compiles, so the kind is set before and reset after
/// each statement; the callback must not use the connection.
/// </summary>
internal sealed unsafe class ScriptAuthorizer : IDisposable
{
    private static readonly string[] Modules = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly", "fts4aux", "fts5vocab"];

    // These load code, or create much data from little input.
    private static readonly string[] Functions =
    [
        "load_extension",
        "fts3_tokenizer",
        "readfile",
        "writefile",
        "edit",
        "zeroblob",
        "randomblob",
        "sqlite_offset",
    ];

    private readonly SqliteConnection _connection;
    private readonly HashSet<string> _virtualTables = new(StringComparer.OrdinalIgnoreCase);
    private GCHandle _self;
    private StatementKind _kind;

    /// <summary>Applies the restrictions to a new connection.</summary>
    public ScriptAuthorizer(SqliteConnection connection)
    {
        _connection = connection;
        var db = connection.Handle;
        connection.Execute("PRAGMA foreign_keys=OFF"); // some builds enable them by default
        Configure(ConfigTrustedSchema, 0);
        Configure(ConfigWritableSchema, 0);
        Configure(ConfigEnableLoadExtension, 0);
        Configure(ConfigEnableTrigger, 0);
        Configure(ConfigDefensive, 0); // if it were on, shadow tables could not be filled
        Configure(ConfigDoubleQuotesInSchema, 1);
        Configure(ConfigDoubleQuotesInStatements, 0);
        sqlite3_limit(db, LimitLength, 1_000_000_000);
        sqlite3_limit(db, LimitSqlLength, 1_000_000_000);
        sqlite3_limit(db, LimitExpressionDepth, 1000);
        sqlite3_limit(db, LimitCompoundSelect, 500);
        sqlite3_limit(db, LimitVariableNumber, 2001); // the maximum number of columns, and the rowid
        sqlite3_limit(db, LimitAttached, 0);
        sqlite3_limit(db, LimitWorkerThreads, 0);
        sqlite3_limit(db, LimitTriggerDepth, 1);
        sqlite3_limit(db, LimitLikePatternLength, 10_000);
        _self = GCHandle.Alloc(this);
        connection.Check(sqlite3_set_authorizer(db, &Authorize, GCHandle.ToIntPtr(_self)));
    }

    /// <summary>The first action that was denied since the last <see cref="Allow"/>; null if none was.</summary>
    public string? DeniedAction { get; private set; }

    /// <summary>Allows the actions that statements of <paramref name="kind"/> need, until the result is disposed.</summary>
    public AuthorizerScope Allow(StatementKind kind)
    {
        DeniedAction = null;
        return new(this, SetKind(kind));
    }

    /// <summary>Sets the kind of the statement that runs; returns the previous one.</summary>
    internal StatementKind SetKind(StatementKind kind)
    {
        var before = _kind;
        _kind = kind;
        return before;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_self.IsAllocated)
        {
            return;
        }
        sqlite3_set_authorizer(_connection.Handle, null, 0);
        _self.Free();
    }

    private void Configure(int option, int value) => _connection.Check(sqlite3_db_config(_connection.Handle, option, value, null));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Authorize(nint context, int action, byte* first, byte* second, byte* database, byte* trigger)
    {
        var rules = (ScriptAuthorizer)GCHandle.FromIntPtr(context).Target!;
        if (rules._kind == StatementKind.Internal)
        {
            return Ok;
        }
        var (name, detail) = (Text(first), Text(second));
        if (Text(database) is null or "main" && rules.Allows(action, name, detail))
        {
            return Ok;
        }
        rules.DeniedAction ??= $"{AuthorizerActions.GetName(action)} {detail ?? name}".Trim();
        return 1; // SQLITE_DENY
    }

    private bool Allows(int action, string? name, string? detail)
    {
        var isSchema = name is "sqlite_master" or "sqlite_schema";
        var isCreate = _kind is >= StatementKind.CreateTable and <= StatementKind.CreateTrigger;
        var isVirtual = _kind == StatementKind.CreateVirtualTable; // its module runs statements of its own
        return action switch
        {
            ActionRead => true,
            ActionFunction => (isVirtual && detail == "zeroblob") || !Functions.Contains(detail, StringComparer.OrdinalIgnoreCase),
            ActionInsert => isSchema ? isCreate : isVirtual || (_kind == StatementKind.Insert && !_virtualTables.Contains(name!)),
            ActionUpdate => isSchema ? isCreate : isVirtual,
            ActionDelete => !isSchema && (isVirtual || (_kind == StatementKind.Delete && !_virtualTables.Contains(name!))),
            ActionCreateTable => _kind == StatementKind.CreateTable || isVirtual,
            ActionCreateIndex or ActionReindex => _kind is StatementKind.CreateTable or StatementKind.CreateIndex || isVirtual,
            ActionCreateView => _kind == StatementKind.CreateView,
            ActionCreateTrigger => _kind == StatementKind.CreateTrigger,
            ActionCreateVirtualTable => isVirtual
                && Modules.Contains(detail, StringComparer.OrdinalIgnoreCase)
                && (_virtualTables.Add(name!) || true),
            ActionSelect or ActionTransaction or ActionSavepoint => isVirtual,
            ActionPragma => isVirtual && detail is null && name is "page_size" or "data_version",
            _ => false,
        };
    }

    private static string? Text(byte* text) =>
        text is null ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
