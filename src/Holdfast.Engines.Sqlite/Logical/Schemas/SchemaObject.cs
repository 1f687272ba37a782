namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>An entry of <c>sqlite_schema</c> that has SQL.</summary>
/// <param name="Type"><c>table</c>, <c>index</c>, <c>view</c> or <c>trigger</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Table">The table or view that it belongs to.</param>
/// <param name="Definition">Its SQL, with comments closed so that more can follow.</param>
/// <param name="Kind">
/// For tables, the type that <c>PRAGMA table_list</c> reports: <c>table</c>, <c>virtual</c> or <c>shadow</c>; else the
/// type.
/// </param>
/// <param name="WithoutRowId">Whether it is a table without rowid.</param>
internal sealed record SchemaObject(string Type, string Name, string Table, string Definition, string Kind, bool WithoutRowId)
{
    /// <summary>Whether it has a name that SQLite reserves: <c>sqlite_sequence</c>, <c>sqlite_stat1</c> and the like.</summary>
    public bool IsInternal => Name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether it has a reserved name but is not an object that SQLite creates: it was renamed through
    /// <c>writable_schema</c>.
    /// </summary>
    public bool IsMisnamed => IsInternal && !(Type == "table" && InternalTables.Contains(Name, StringComparer.OrdinalIgnoreCase));

    private static readonly string[] InternalTables = ["sqlite_sequence", "sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4"];
}
