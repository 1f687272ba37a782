using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Creates a schema in memory, under the same rules as a restore, before the script is written: a database that needs
/// an unknown collation, function, tokenizer or module then fails when it is backed up, not when it is restored.
/// </summary>
internal sealed class SchemaDryRun : IDisposable
{
    private readonly SqliteConnection _memory = SqliteConnection.Open(":memory:", OpenReadWrite | OpenCreate);
    private readonly ScriptAuthorizer _rules;
    private readonly string _path;

    /// <summary>Starts a dry run for the database at <paramref name="path"/> with that text encoding.</summary>
    public SchemaDryRun(string path, string encoding)
    {
        _path = path;
        _memory.Execute($"PRAGMA encoding='{encoding}'"); // the same text is twice as long in UTF-16
        _memory.Execute("PRAGMA ignore_check_constraints=ON"); // as in the script
        _rules = new(_memory);
    }

    /// <summary>SQLite's handle of the in-memory database.</summary>
    public nint Handle => _memory.Handle;

    /// <summary>Primary result code of the last failure.</summary>
    public int ErrorCode => _memory.ErrorCode & 0xFF;

    /// <summary>Message of the last failure.</summary>
    public string LastError => _rules.DeniedAction ?? _memory.ErrorMessage;

    /// <summary>Prepares a statement of the given kind. The caller disposes it before this object.</summary>
    public SqliteStatement Prepare(StatementKind kind, string sql)
    {
        using var _ = _rules.Allow(kind);
        return _memory.Prepare(sql);
    }

    /// <summary>Creates a table, index, view or trigger.</summary>
    /// <exception cref="HoldfastException">A restore could not create it.</exception>
    public void Create(SchemaObject item) => Try(item, () =>
        {
            var kind = StatementClassifier.ClassifyDefinition(item.Definition) ?? throw UnknownDefinition(item);
            using var _ = _rules.Allow(kind);
            _memory.Execute(item.Definition);
        });

    /// <summary>Compiles the statement that inserts the table's rows.</summary>
    /// <exception cref="HoldfastException">A restore could not run it.</exception>
    public void PrepareInsert(SchemaObject item, TableInfo table) =>
        Try(item, () => Prepare(StatementKind.Insert, table.InsertRowSql).Dispose());

    /// <summary>Whether the in-memory schema already has a table of that name.</summary>
    public bool HasTable(string table)
    {
        using var _ = _rules.Allow(StatementKind.Internal);
        using var statement = _memory.Prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
        statement.BindText(1, table);
        return statement.Step();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rules.Dispose();
        _memory.Dispose();
    }

    /// <summary>Reads the schema that a restore will create.</summary>
    public DatabaseSchema ReadSchema()
    {
        using var _ = _rules.Allow(StatementKind.Internal);
        return DatabaseSchema.Read(_memory);
    }

    /// <summary>Computes the fingerprint of the schema that a restore will create.</summary>
    public SortedDictionary<string, string> ComputeFingerprint()
    {
        using var _ = _rules.Allow(StatementKind.Internal);
        return DatabaseSchema.Read(_memory).ComputeFingerprint(_memory);
    }

    private HoldfastException UnknownDefinition(SchemaObject item) =>
        Sql.NotExportable($"'{_path}' has a {item.Type} \"{item.Name}\" whose definition does not begin as SQLite writes definitions.");

    private void Try(SchemaObject item, Action action)
    {
        try
        {
            action();
        }
        catch (HoldfastException e) when (e.Hint != Sql.SnapshotHint)
        {
            throw Sql.NotExportable(
                $"'{_path}' cannot be written as SQL: {item.Type} \"{item.Name}\" cannot be created again: {LastError}.",
                e
            );
        }
    }
}
