using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>An object in the table of contents of a dump, of a kind that Holdfast uses.</summary>
/// <param name="Id">Its id in the dump.</param>
/// <param name="Kind">Its kind: one of the constants.</param>
/// <param name="Schema">Its schema; null if it has none.</param>
/// <param name="Name">Its name; for grants and comments, kind and name of their object.</param>
/// <param name="Definition">Its SQL; null if it is not needed.</param>
/// <param name="HasData">Whether data follow after the header.</param>
internal sealed record TocEntry(int Id, string Kind, string? Schema, string Name, string? Definition, bool HasData)
{
    /// <summary>The rows of a table.</summary>
    public const string TableData = "TABLE DATA";

    /// <summary>The value of a sequence.</summary>
    public const string SequenceSet = "SEQUENCE SET";

    /// <summary>Large objects.</summary>
    public const string LargeObjects = "BLOBS";

    /// <summary>Grants on an object.</summary>
    public const string Grants = "ACL";

    /// <summary>Default privileges.</summary>
    public const string DefaultGrants = "DEFAULT ACL";

    /// <summary>A row security policy.</summary>
    public const string Policy = "POLICY";

    /// <summary>A comment on an object.</summary>
    public const string Comment = "COMMENT";

    /// <summary>An index.</summary>
    public const string Index = "INDEX";

    /// <summary>A constraint with an index: a primary key, a unique or an exclusion constraint.</summary>
    public const string Constraint = "CONSTRAINT";

    /// <summary>Attaches a partition to a table.</summary>
    public const string TableAttach = "TABLE ATTACH";

    /// <summary>Attaches the index of a partition to that of its table.</summary>
    public const string IndexAttach = "INDEX ATTACH";

    /// <summary>The encoding of all texts and rows.</summary>
    public const string Encoding = "ENCODING";

    private static readonly string[] WithDefinition = [SequenceSet, Grants, DefaultGrants, Policy, Encoding, Comment, TableAttach];
    private static readonly string[] WithDependencies = [TableData, Index, Constraint, TableAttach, IndexAttach];

    /// <summary>The COPY statement that loads the rows of a table; null for other kinds.</summary>
    public string? CopyStatement { get; init; }

    /// <summary>Whether that statement names the table itself, rather than the root of its partitioned table.</summary>
    public bool IsLoadedDirectly =>
        CopyStatement is not null
        && GetSqlNames(Schema ?? "")
            .Any(s => GetSqlNames(Name).Any(n => CopyStatement.StartsWith($"COPY {s}.{n} ", StringComparison.Ordinal)));

    /// <summary>Ids of the objects that rows, an index, a constraint or a partition depend on; empty for other kinds.</summary>
    public IReadOnlyList<int> DependsOn { get; init; } = [];

    /// <summary>Number of rows in the data of a table.</summary>
    public long Rows { get; set; }

    /// <summary>
    /// Length of its largest row as text in bytes, accurate to one scanned block; 0 if no row is longer than a block.
    /// </summary>
    public long LargestRow { get; set; }

    /// <summary>Whether the end of its data has been scanned.</summary>
    public bool IsComplete { get; set; }

    // pg_dump quotes names only if it is necessary.
    private static string[] GetSqlNames(string name) => [name, Sql.QuoteIdentifier(name)];

    /// <summary>Returns the constant of a kind that Holdfast uses; else null.</summary>
    public static string? ParseKind(string text) =>
        text switch
        {
            TableData => TableData,
            LargeObjects => LargeObjects,
            Index => Index,
            Constraint => Constraint,
            IndexAttach => IndexAttach,
            _ => Array.Find(WithDefinition, k => k == text),
        };

    /// <summary>Whether the dependencies of a kind are needed.</summary>
    public static bool NeedsDependencies(string kind) => Array.IndexOf(WithDependencies, kind) >= 0;

    /// <summary>Whether the SQL of a kind is needed.</summary>
    public static bool NeedsDefinition(string kind) => Array.IndexOf(WithDefinition, kind) >= 0;
}
