using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>What a script makes in which order, tried out in memory.</summary>
internal sealed class DumpPlan : IDisposable
{
    /// <summary>
    /// What a plan may cost, and trying its rows as much again. Less than loading a script may, for keys and rows are
    /// looked at once.
    /// </summary>
    public static readonly LoadLimits SchemaLimits = new() { BaseTime = TimeSpan.FromSeconds(20) };

    private readonly bool? _bigEndian;
    private readonly SchemaDryRun _dryRun;

    private DumpPlan(SqliteConnection connection, SchemaDryRun rehearsal, LoadLimits limits)
    {
        _dryRun = rehearsal;
        _bigEndian = connection.QueryText("PRAGMA encoding") switch
        {
            "UTF-16le" => false,
            "UTF-16be" => true,
            _ => null,
        };
        Schema = DatabaseSchema.Read(connection);
        RowDryRun = new(connection, rehearsal, Schema, limits);
        Uniqueness = new(connection, limits);
        Tables = [.. Schema.Tables];
        VirtualTables = [.. Schema.VirtualTables];
    }

    /// <summary>The database's schema.</summary>
    public DatabaseSchema Schema { get; }

    /// <summary>Tables that hold rows of their own.</summary>
    public IReadOnlyList<SchemaObject> Tables { get; }

    /// <summary>Virtual tables.</summary>
    public IReadOnlyList<SchemaObject> VirtualTables { get; }

    /// <summary>Tables behind virtual tables, and whether making those makes them too.</summary>
    public IReadOnlyList<(SchemaObject Table, bool IsMade)> ShadowTables { get; private set; } = [];

    /// <summary>Whether <c>sqlite_sequence</c> is there without a table that would make it.</summary>
    public bool NeedsSequenceTable { get; private set; }

    /// <summary>Tries rows as they are dumped.</summary>
    public RowDryRun RowDryRun { get; }

    /// <summary>Checks unique indexes: asked before and behind the rows of each table.</summary>
    public UniqueIndexChecker Uniqueness { get; }

    /// <summary>Plans the script of a database, within limits: a schema can be made so that nobody comes to its end.</summary>
    /// <exception cref="HoldfastException">No script can hold it.</exception>
    public static DumpPlan Create(SqliteConnection connection, LoadLimits limits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rehearsal = new SchemaDryRun(connection.FilePath, connection.QueryText("PRAGMA encoding")!);
        var budget = new WorkBudget(limits, connection.Handle, rehearsal.Handle);
        try
        {
            budget.Resume(connection.QueryInt64("PRAGMA page_count") * connection.QueryInt64("PRAGMA page_size"));
            var plan = Create(connection, rehearsal, limits);
            budget.Dispose(); // before a connection that it watches
            return plan;
        }
        catch (Exception e)
        {
            budget.Dispose();
            rehearsal.Dispose();
            if (e is not HoldfastException || !budget.WasInterrupted)
            {
                throw;
            }
            throw Sql.NotExportable($"'{connection.FilePath}' has a schema that takes longer to work out than it may.", e);
        }
    }

    private static DumpPlan Create(SqliteConnection connection, SchemaDryRun rehearsal, LoadLimits limits)
    {
        var plan = new DumpPlan(connection, rehearsal, limits);
        if (plan.Schema.Objects.FirstOrDefault(o => o.IsMisnamed) is { } misnamed)
        {
            throw Sql.NotExportable(
                $"'{connection.FilePath}' has a {misnamed.Type} \"{misnamed.Name}\", a name that SQLite keeps for itself and "
                    + $"makes no {misnamed.Type} of."
            );
        }
        foreach (var table in plan.Tables)
        {
            rehearsal.Create(table);
            rehearsal.PrepareInsert(table, TableInfo.Read(connection, table.Name, table.WithoutRowId));
        }

        plan.NeedsSequenceTable = plan.Schema.FindInternalTable("sqlite_sequence") is not null && !rehearsal.HasTable("sqlite_sequence");
        foreach (var table in plan.VirtualTables)
        {
            rehearsal.Create(table);
        }
        plan.ShadowTables = [.. plan.Schema.ShadowTables.Select(table => (table, rehearsal.HasTable(table.Name)))];
        foreach (var (table, isMade) in plan.ShadowTables)
        {
            if (!isMade)
            {
                rehearsal.Create(table);
            }
            rehearsal.PrepareInsert(table, TableInfo.Read(connection, table.Name, table.WithoutRowId));
        }

        foreach (var item in plan.Schema.IndexesViewsAndTriggers)
        {
            rehearsal.Create(item);
        }
        plan.VerifySchema(rehearsal, connection);
        return plan;
    }

    /// <summary>Facts that a restored copy must share: of the schema, what was tried out.</summary>
    public SortedDictionary<string, string> Fingerprint { get; private set; } = [];

    // Text that was put into the schema by hand (writable_schema) comes back as SQLite writes it: CREATE TABLE in
    // capitals. Anything else has to be equal.
    private void VerifySchema(SchemaDryRun rehearsal, SqliteConnection connection)
    {
        var made = rehearsal.ReadSchema().UserObjects.ToDictionary(o => (o.Type, o.Name));
        foreach (var item in Schema.UserObjects)
        {
            if (!made.Remove((item.Type, item.Name), out var other) || !IsSame(item, other))
            {
                throw Sql.NotExportable(
                    $"'{connection.FilePath}' has a {item.Type} \"{item.Name}\" that its definition in the schema does not make."
                );
            }
        }

        Fingerprint = Schema.ComputeFingerprint(connection);
        foreach (var (name, value) in rehearsal.ComputeFingerprint())
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
