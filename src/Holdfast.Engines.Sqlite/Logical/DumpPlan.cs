using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>What a script makes in which order, tried out in memory.</summary>
internal sealed class DumpPlan : IDisposable
{
    /// <summary>
    /// What a plan may cost, and trying its rows as much again. Less than loading a script may, for keys and rows are
    /// looked at once.
    /// </summary>
    public static readonly LoadLimits OfASchema = new() { FreeTime = TimeSpan.FromSeconds(20) };

    private readonly bool? _bigEndian;
    private readonly Rehearsal _rehearsal;

    private DumpPlan(SqliteConnection connection, Rehearsal rehearsal, LoadLimits limits)
    {
        _rehearsal = rehearsal;
        _bigEndian = connection.QueryText("PRAGMA encoding") switch
        {
            "UTF-16le" => false,
            "UTF-16be" => true,
            _ => null,
        };
        Schema = Schema.Read(connection);
        Rows = new(connection, rehearsal, Schema, limits);
        Uniqueness = new(connection, limits);
        Tables = [.. Schema.Tables];
        VirtualTables = [.. Schema.VirtualTables];
    }

    /// <summary>The database's schema.</summary>
    public Schema Schema { get; }

    /// <summary>Tables that hold rows of their own.</summary>
    public IReadOnlyList<SchemaObject> Tables { get; }

    /// <summary>Virtual tables.</summary>
    public IReadOnlyList<SchemaObject> VirtualTables { get; }

    /// <summary>Tables behind virtual tables, and whether making those makes them too.</summary>
    public IReadOnlyList<(SchemaObject Table, bool IsMade)> ShadowTables { get; private set; } = [];

    /// <summary>Whether <c>sqlite_sequence</c> is there without a table that would make it.</summary>
    public bool MakesSequence { get; private set; }

    /// <summary>Tries rows as they are dumped.</summary>
    public RowRehearsal Rows { get; }

    /// <summary>Checks unique indexes: asked before and behind the rows of each table.</summary>
    public Uniqueness Uniqueness { get; }

    /// <summary>Plans the script of a database, within limits: a schema can be made so that nobody comes to its end.</summary>
    /// <exception cref="HoldfastException">No script can hold it.</exception>
    public static DumpPlan Of(SqliteConnection connection, LoadLimits limits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rehearsal = new Rehearsal(connection.FilePath, connection.QueryText("PRAGMA encoding")!);
        var budget = new WorkBudget(limits, connection.Handle, rehearsal.Handle);
        try
        {
            budget.Run(connection.QueryNumber("PRAGMA page_count") * connection.QueryNumber("PRAGMA page_size"));
            var plan = Of(connection, rehearsal, limits);
            budget.Dispose(); // before a connection that it watches
            return plan;
        }
        catch (Exception e)
        {
            budget.Dispose();
            rehearsal.Dispose();
            if (e is not HoldfastException || !budget.IsSpent)
            {
                throw;
            }
            throw Sql.Impossible($"'{connection.FilePath}' has a schema that takes longer to work out than it may.", e);
        }
    }

    private static DumpPlan Of(SqliteConnection connection, Rehearsal rehearsal, LoadLimits limits)
    {
        var plan = new DumpPlan(connection, rehearsal, limits);
        if (plan.Schema.Objects.FirstOrDefault(o => o.IsMisnamed) is { } misnamed)
        {
            throw Sql.Impossible(
                $"'{connection.FilePath}' has a {misnamed.Type} \"{misnamed.Name}\", a name that SQLite keeps for itself and "
                    + $"makes no {misnamed.Type} of."
            );
        }
        foreach (var table in plan.Tables)
        {
            rehearsal.Create(table);
            rehearsal.Insert(table, TableShape.Of(connection, table.Name, table.WithoutRowId));
        }

        plan.MakesSequence = plan.Schema.Internal("sqlite_sequence") is not null && !rehearsal.Has("sqlite_sequence");
        foreach (var table in plan.VirtualTables)
        {
            rehearsal.Create(table);
        }
        plan.ShadowTables = [.. plan.Schema.ShadowTables.Select(table => (table, rehearsal.Has(table.Name)))];
        foreach (var (table, isMade) in plan.ShadowTables)
        {
            if (!isMade)
            {
                rehearsal.Create(table);
            }
            rehearsal.Insert(table, TableShape.Of(connection, table.Name, table.WithoutRowId));
        }

        foreach (var item in plan.Schema.Others)
        {
            rehearsal.Create(item);
        }
        plan.Compare(rehearsal, connection);
        return plan;
    }

    /// <summary>Facts that a restored copy must share: of the schema, what was tried out.</summary>
    public SortedDictionary<string, string> Facts { get; private set; } = [];

    // Text that was put into the schema by hand (writable_schema) comes back as SQLite writes it: CREATE TABLE in
    // capitals. Anything else has to be equal.
    private void Compare(Rehearsal rehearsal, SqliteConnection connection)
    {
        var made = rehearsal.Result().Own.ToDictionary(o => (o.Type, o.Name));
        foreach (var item in Schema.Own)
        {
            if (!made.Remove((item.Type, item.Name), out var other) || !IsSame(item, other))
            {
                throw Sql.Impossible(
                    $"'{connection.FilePath}' has a {item.Type} \"{item.Name}\" that its definition in the schema does not make."
                );
            }
        }

        Facts = Schema.Facts(connection);
        foreach (var (name, value) in rehearsal.Facts())
        {
            if (name is "schema")
            {
                Facts[name] = value;
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
            && StatementKinds.BeginLength(left) is var begin and > 0
            && string.CompareOrdinal(left, begin, right, begin, left.Length) == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Uniqueness.Dispose();
        Rows.Dispose();
        _rehearsal.Dispose();
    }

    /// <summary>Converts texts of a UTF-16 database; null for UTF-8.</summary>
    public Utf16Text? Converter() => _bigEndian is { } bigEndian ? new(bigEndian) : null;
}
