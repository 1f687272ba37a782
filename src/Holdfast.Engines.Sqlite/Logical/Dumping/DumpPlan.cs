using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>The order in which a script creates objects, tested in memory.</summary>
internal sealed class DumpPlan : IDisposable
{
    /// <summary>
    /// Limits of planning; testing the rows may cost as much again. They are lower than those of loading a script
    /// because keys and rows are examined only once.
    /// </summary>
    public static readonly LoadLimits SchemaLimits = new() { BaseTime = TimeSpan.FromSeconds(20) };

    private readonly bool? _bigEndian;
    private readonly SchemaDryRun _dryRun;

    private DumpPlan(SqliteConnection connection, SchemaDryRun dryRun, LoadLimits limits)
    {
        _dryRun = dryRun;
        _bigEndian = connection.QueryText("PRAGMA encoding") switch
        {
            "UTF-16le" => false,
            "UTF-16be" => true,
            _ => null,
        };
        Schema = DatabaseSchema.Read(connection);
        RowDryRun = new(connection, dryRun, Schema, limits);
        Uniqueness = new(connection, limits);
        Tables = [.. Schema.Tables];
        VirtualTables = [.. Schema.VirtualTables];
    }

    /// <summary>The database's schema.</summary>
    public DatabaseSchema Schema { get; }

    /// <summary>Tables that store their own rows.</summary>
    public IReadOnlyList<SchemaObject> Tables { get; }

    /// <summary>Virtual tables.</summary>
    public IReadOnlyList<SchemaObject> VirtualTables { get; }

    /// <summary>Tables behind virtual tables, and whether creating the virtual table creates them.</summary>
    public IReadOnlyList<(SchemaObject Table, bool IsMade)> ShadowTables { get; private set; } = [];

    /// <summary>Whether <c>sqlite_sequence</c> exists without a table that would create it.</summary>
    public bool NeedsSequenceTable { get; private set; }

    /// <summary>Tests rows while they are dumped.</summary>
    public RowDryRun RowDryRun { get; }

    /// <summary>Checks unique indexes before and after the rows of each table.</summary>
    public UniqueIndexChecker Uniqueness { get; }

    /// <summary>Plans the script of a database, within limits: a malicious schema could take forever.</summary>
    /// <exception cref="HoldfastException">The database cannot be expressed as a script.</exception>
    public static DumpPlan Create(SqliteConnection connection, LoadLimits limits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var dryRun = new SchemaDryRun(connection.FilePath, connection.QueryText("PRAGMA encoding")!);
        var budget = new WorkBudget(limits, connection.Handle, dryRun.Handle);
        try
        {
            budget.Resume(connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size"));
            var plan = Create(connection, dryRun, limits);
            budget.Dispose(); // must be disposed before the connections that it watches
            return plan;
        }
        catch (Exception e)
        {
            budget.Dispose();
            dryRun.Dispose();
            if (e is not HoldfastException || !budget.WasInterrupted)
            {
                throw;
            }
            throw Sql.NotExportable($"'{connection.FilePath}' has a schema whose analysis exceeds the time limit.", e);
        }
    }

    private static DumpPlan Create(SqliteConnection connection, SchemaDryRun dryRun, LoadLimits limits)
    {
        var plan = new DumpPlan(connection, dryRun, limits);
        if (plan.Schema.Objects.FirstOrDefault(o => o.IsMisnamed) is { } misnamed)
        {
            throw Sql.NotExportable(
                $"'{connection.FilePath}' has a {misnamed.Type} \"{misnamed.Name}\", a name that SQLite reserves: it "
                    + $"cannot be created as a {misnamed.Type}."
            );
        }
        foreach (var table in plan.Tables)
        {
            dryRun.Create(table);
            dryRun.PrepareInsert(table, TableInfo.Read(connection, table.Name, table.WithoutRowId));
        }

        plan.NeedsSequenceTable = plan.Schema.FindInternalTable("sqlite_sequence") is not null && !dryRun.HasTable("sqlite_sequence");
        foreach (var table in plan.VirtualTables)
        {
            dryRun.Create(table);
        }
        plan.ShadowTables = [.. plan.Schema.ShadowTables.Select(table => (table, dryRun.HasTable(table.Name)))];
        foreach (var (table, isCreated) in plan.ShadowTables)
        {
            if (!isCreated)
            {
                dryRun.Create(table);
            }
            dryRun.PrepareInsert(table, TableInfo.Read(connection, table.Name, table.WithoutRowId));
        }

        foreach (var item in plan.Schema.IndexesViewsAndTriggers)
        {
            dryRun.Create(item);
        }
        plan.VerifySchema(dryRun, connection);
        return plan;
    }

    /// <summary>Properties that a restored copy must share. The schema's value is the one from the dry run.</summary>
    public SortedDictionary<string, string> Fingerprint { get; private set; } = [];

    // A definition that was put into the schema by hand (writable_schema) comes back as SQLite writes it, with CREATE
    // TABLE in capitals. Everything else has to be equal.
    private void VerifySchema(SchemaDryRun dryRun, SqliteConnection connection)
    {
        var created = dryRun.ReadSchema().UserObjects.ToDictionary(o => (o.Type, o.Name));
        foreach (var item in Schema.UserObjects)
        {
            if (!created.Remove((item.Type, item.Name), out var other) || !IsSame(item, other))
            {
                throw Sql.NotExportable(
                    $"'{connection.FilePath}' has a {item.Type} \"{item.Name}\" that its definition in the schema does not create."
                );
            }
        }

        Fingerprint = Schema.ComputeFingerprint(connection);
        foreach (var (name, value) in dryRun.ComputeFingerprint())
        {
            if (name is "schema")
            {
                Fingerprint[name] = value;
            }
        }
    }

    private static bool IsSame(SchemaObject item, SchemaObject other)
    {
        var (left, right) = (item.Definition.TrimEnd(), other.Definition.TrimEnd());
        if (left == right)
        {
            return true;
        }
        return item.Table == other.Table
            && left.Length == right.Length
            && StatementClassifier.GetPrefixLength(left) is var begin and > 0
            && string.CompareOrdinal(left, begin, right, begin, left.Length) == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Uniqueness.Dispose();
        RowDryRun.Dispose();
        _dryRun.Dispose();
    }

    /// <summary>Converts texts of a UTF-16 database; null for UTF-8.</summary>
    public Utf16Converter? CreateUtf16Converter() => _bigEndian is { } bigEndian ? new(bigEndian) : null;
}
