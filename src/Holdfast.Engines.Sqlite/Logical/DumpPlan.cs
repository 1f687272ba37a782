using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>What a script makes in which order, tried out in memory.</summary>
internal sealed class DumpPlan
{
    // Less than a script may cost: it is a schema that is worked out, and rows and keys are looked at once.
    private static readonly LoadLimits OfASchema = new() { FreeTime = TimeSpan.FromSeconds(20) };

    private readonly bool? _bigEndian;

    private DumpPlan(Schema schema, bool? bigEndian)
    {
        Schema = schema;
        _bigEndian = bigEndian;
        Tables = [.. schema.Tables];
        VirtualTables = [.. schema.VirtualTables];
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

    /// <summary>Plans the script of a database.</summary>
    /// <exception cref="HoldfastException">No script can hold it.</exception>
    public static DumpPlan Of(SqliteConnection connection, CancellationToken cancellationToken) => Of(connection, OfASchema, cancellationToken);

    /// <summary>The same, within limits: a schema can be made so that nobody comes to its end.</summary>
    public static DumpPlan Of(SqliteConnection connection, LoadLimits limits, CancellationToken cancellationToken)
    {
        using var rehearsal = new Rehearsal(connection.FilePath, connection.QueryText("PRAGMA encoding")!);
        using var budget = new WorkBudget(limits, connection.Handle, rehearsal.Handle);
        budget.Run(connection.QueryNumber("PRAGMA page_count") * connection.QueryNumber("PRAGMA page_size"));
        try
        {
            var plan = Of(connection, rehearsal);
            RowRehearsal.Check(connection, rehearsal, plan.Schema, limits, cancellationToken);
            return plan;
        }
        catch (HoldfastException e) when (budget.IsSpent)
        {
            throw Sql.Impossible($"'{connection.FilePath}' has a schema, or values generated of its rows, that take longer to work out than they may.", e);
        }
    }

    private static DumpPlan Of(SqliteConnection connection, Rehearsal rehearsal)
    {
        var plan = new DumpPlan(Schema.Read(connection), connection.QueryText("PRAGMA encoding") switch { "UTF-16le" => false, "UTF-16be" => true, _ => null });
        if (plan.Schema.Objects.FirstOrDefault(o => o.IsMisnamed) is { } misnamed)
            throw Sql.Impossible($"'{connection.FilePath}' has a {misnamed.Type} \"{misnamed.Name}\", a name that SQLite keeps for itself and makes no {misnamed.Type} of.");
        foreach (var table in plan.Tables)
        {
            rehearsal.Create(table);
            rehearsal.Insert(table, TableShape.Of(connection, table.Name, table.WithoutRowId));
        }

        plan.MakesSequence = plan.Schema.Internal("sqlite_sequence") is not null && !rehearsal.Has("sqlite_sequence");
        foreach (var table in plan.VirtualTables) rehearsal.Create(table);
        plan.ShadowTables = [.. plan.Schema.ShadowTables.Select(table => (table, rehearsal.Has(table.Name)))];
        foreach (var (table, isMade) in plan.ShadowTables)
        {
            if (!isMade) rehearsal.Create(table);
            rehearsal.Insert(table, TableShape.Of(connection, table.Name, table.WithoutRowId));
        }

        foreach (var item in plan.Schema.Others) rehearsal.Create(item);
        plan.Compare(rehearsal, connection);
        Uniqueness.Check(connection, plan.Tables);
        return plan;
    }

    /// <summary>Facts that a restored copy must share: of the schema, what was tried out.</summary>
    public SortedDictionary<string, string> Facts { get; private set; } = [];

    // Text that was put into the schema by hand (writable_schema) comes back as SQLite writes it: CREATE TABLE in capitals. Anything else has to be equal.
    private void Compare(Rehearsal rehearsal, SqliteConnection connection)
    {
        var made = rehearsal.Result().Own.ToDictionary(o => (o.Type, o.Name));
        foreach (var item in Schema.Own)
        {
            if (!made.Remove((item.Type, item.Name), out var other) || !IsSame(item, other))
                throw Sql.Impossible($"'{connection.FilePath}' has a {item.Type} \"{item.Name}\" that its definition in the schema does not make.");
        }

        Facts = Schema.Facts(connection);
        foreach (var (name, value) in rehearsal.Facts())
        {
            if (name is "schema") Facts[name] = value;
        }
    }

    private static bool IsSame(SchemaObject item, SchemaObject other)
    {
        var (left, right) = (item.Definition.TrimEnd(), other.Definition.TrimEnd());
        if (left == right) return true;
        return item.Table == other.Table && left.Length == right.Length && StatementKinds.BeginLength(left) is var begin and > 0 && string.CompareOrdinal(left, begin, right, begin, left.Length) == 0;
    }

    /// <summary>Converts texts of a UTF-16 database; null for UTF-8.</summary>
    public Utf16Text? Converter() => _bigEndian is { } bigEndian ? new(bigEndian) : null;
}
