using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>One object in the table of contents of a dump, of a kind that Holdfast looks at.</summary>
/// <param name="Id">Its number in the dump.</param>
/// <param name="Kind">What it is: one of the constants.</param>
/// <param name="Schema">Its schema; null where it has none.</param>
/// <param name="Name">Its name; for grants and comments, that of the object with its kind before it.</param>
/// <param name="Definition">Its SQL; null where that is not looked at.</param>
/// <param name="HasData">Whether data follow behind the head.</param>
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

    /// <summary>Grants on objects to come.</summary>
    public const string DefaultGrants = "DEFAULT ACL";

    /// <summary>A rule of row security.</summary>
    public const string Policy = "POLICY";

    /// <summary>A comment on an object.</summary>
    public const string Comment = "COMMENT";

    /// <summary>An index.</summary>
    public const string Index = "INDEX";

    /// <summary>A constraint that has an index: a primary key, a unique or an excluding one.</summary>
    public const string Constraint = "CONSTRAINT";

    /// <summary>What makes a table a partition of another.</summary>
    public const string TableAttach = "TABLE ATTACH";

    /// <summary>What makes an index a part of that of the table that its table is a partition of.</summary>
    public const string IndexAttach = "INDEX ATTACH";

    /// <summary>The encoding of all texts and rows.</summary>
    public const string Encoding = "ENCODING";

    private static readonly string[] WithDefinition = [SequenceSet, Grants, DefaultGrants, Policy, Encoding, Comment, TableAttach];
    private static readonly string[] WithDependencies = [TableData, Index, Constraint, TableAttach, IndexAttach];

    /// <summary>The statement that loads the rows of a table; null for other kinds.</summary>
    public string? CopyStatement { get; init; }

    /// <summary>Whether that statement names the table itself, and not the root of the partitioned table that it belongs to.</summary>
    public bool IsLoadedDirectly =>
        CopyStatement is not null
        && GetSqlNames(Schema ?? "")
            .Any(s => GetSqlNames(Name).Any(n => CopyStatement.StartsWith($"COPY {s}.{n} ", StringComparison.Ordinal)));

    /// <summary>Numbers of the objects that rows, an index, a constraint or a partition need; empty for other kinds.</summary>
    public IReadOnlyList<int> DependsOn { get; init; } = [];

    /// <summary>Rows in its data, of a table.</summary>
    public long Rows { get; set; }

    /// <summary>Bytes of its largest row as text, to within what was scanned at once; 0 where none is larger than that.</summary>
    public long LargestRow { get; set; }

    /// <summary>Whether its data were seen to their end.</summary>
    public bool IsComplete { get; set; }

    // Quoted or not, as pg_dump thinks fit.
    private static string[] GetSqlNames(string name) => [name, Sql.QuoteIdentifier(name)];

    /// <summary>The kind, as a constant, where it is looked at; else null.</summary>
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

    /// <summary>Whether it is looked at what a kind depends on.</summary>
    public static bool NeedsDependencies(string kind) => Array.IndexOf(WithDependencies, kind) >= 0;

    /// <summary>Whether the SQL of a kind is looked at.</summary>
    public static bool NeedsDefinition(string kind) => Array.IndexOf(WithDefinition, kind) >= 0;
}
