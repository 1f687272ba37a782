using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Builds a schema in memory, under the same rules as a restore, before a script of it is written: a database that
/// needs an unknown collation,
/// function, tokenizer or module fails at its backup, not when it is needed.
/// </summary>
internal sealed class SchemaDryRun : IDisposable
{
    private readonly SqliteConnection _memory = SqliteConnection.Open(":memory:", OpenReadWrite | OpenCreate);
    private readonly ScriptAuthorizer _rules;
    private readonly string _path;

    /// <summary>Starts one for the database at <paramref name="path"/>, whose texts have that encoding.</summary>
    public SchemaDryRun(string path, string encoding)
    {
        _path = path;
        _memory.Execute($"PRAGMA encoding='{encoding}'"); // the same text is twice as long in another
        _memory.Execute("PRAGMA ignore_check_constraints=ON"); // as the script does
        _rules = new(_memory);
    }

    /// <summary>SQLite's own handle of it.</summary>
    public nint Handle => _memory.Handle;

    /// <summary>Code of the last failure.</summary>
    public int ErrorCode => _memory.ErrorCode & 0xFF;

    /// <summary>What failed last, in words.</summary>
    public string LastError => _rules.DeniedAction ?? _memory.ErrorMessage;

    /// <summary>Prepares a statement of a kind. The caller disposes it before this.</summary>
    public SqliteStatement Prepare(StatementKind kind, string sql)
    {
        using var _ = _rules.Allow(kind);
        return _memory.Prepare(sql);
    }

    /// <summary>Makes a table, index, view or trigger.</summary>
    /// <exception cref="HoldfastException">No restore could make it.</exception>
    public void Create(SchemaObject item) => Try(item, () =>
        {
            var kind = StatementClassifier.ClassifyDefinition(item.Definition) ?? throw UnknownDefinition(item);
            using var _ = _rules.Allow(kind);
            _memory.Execute(item.Definition);
        });

    /// <summary>Compiles the statement that writes a table's rows.</summary>
    /// <exception cref="HoldfastException">No restore could run it.</exception>
    public void PrepareInsert(SchemaObject item, TableInfo shape) =>
        Try(item, () => Prepare(StatementKind.Insert, shape.InsertRowSql).Dispose());

    /// <summary>Whether the schema has a table of that name by now.</summary>
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

    /// <summary>What a restore will make.</summary>
    public DatabaseSchema ReadSchema()
    {
        using var _ = _rules.Allow(StatementKind.Internal);
        return DatabaseSchema.Read(_memory);
    }

    /// <summary>Facts that hold of what a restore will make.</summary>
    public SortedDictionary<string, string> ComputeFingerprint()
    {
        using var _ = _rules.Allow(StatementKind.Internal);
        return DatabaseSchema.Read(_memory).ComputeFingerprint(_memory);
    }

    private HoldfastException UnknownDefinition(SchemaObject item) =>
        Sql.NotExportable($"'{_path}' has a {item.Type} \"{item.Name}\" whose definition begins in no way that SQLite writes.");

    private void Try(SchemaObject item, Action action)
    {
        try
        {
            action();
        }
        catch (HoldfastException e) when (e.Hint != Sql.SnapshotHint)
        {
            throw Sql.NotExportable(
                $"'{_path}' cannot be written as SQL: {item.Type} \"{item.Name}\" cannot be made again: {LastError}.",
                e
            );
        }
    }
}
