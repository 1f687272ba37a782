using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>What a script makes in which order, tried out in memory.</summary>
internal sealed class DumpPlan
{
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
    public static DumpPlan Of(SqliteConnection connection)
    {
        var plan = new DumpPlan(Schema.Read(connection), connection.QueryText("PRAGMA encoding") switch { "UTF-16le" => false, "UTF-16be" => true, _ => null });
        using var rehearsal = new Rehearsal(connection.FilePath);
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
        return plan;
    }

    /// <summary>Converts texts of a UTF-16 database; null for UTF-8.</summary>
    public Utf16Text? Converter() => _bigEndian is { } bigEndian ? new(bigEndian) : null;
}
