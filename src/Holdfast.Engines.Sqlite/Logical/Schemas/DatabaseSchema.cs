using System.Security.Cryptography;
using System.Text;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;
using static System.Globalization.CultureInfo;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>The schema of a database, in the order of its creation.</summary>
internal sealed class DatabaseSchema
{
    private static readonly string[] OthersOrder = ["index", "view", "trigger"];

    private DatabaseSchema(IReadOnlyList<SchemaObject> objects) => Objects = objects;

    /// <summary>All objects that have SQL.</summary>
    public IReadOnlyList<SchemaObject> Objects { get; }

    /// <summary>Tables that store their own rows.</summary>
    public IEnumerable<SchemaObject> Tables => Objects.Where(o => o.Kind == "table" && !o.IsInternal);

    /// <summary>Virtual tables.</summary>
    public IEnumerable<SchemaObject> VirtualTables => Objects.Where(o => o.Kind == "virtual");

    /// <summary>Tables in which virtual tables store their data.</summary>
    public IEnumerable<SchemaObject> ShadowTables => Objects.Where(o => o.Kind == "shadow");

    /// <summary>Indexes, then views, then triggers; they are created after everything else.</summary>
    public IEnumerable<SchemaObject> IndexesViewsAndTriggers => OthersOrder.SelectMany(type => Objects.Where(o => o.Type == type));

    /// <summary>The objects that are compared between two schemas: all except those that SQLite itself creates.</summary>
    public IEnumerable<SchemaObject> UserObjects => Objects.Where(o => !o.IsInternal && o.Kind != "shadow");

    /// <summary>Returns the internal table of that name; null if it does not exist.</summary>
    public SchemaObject? FindInternalTable(string name) =>
        Objects.FirstOrDefault(o => o.Type == "table" && o.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads the schema.</summary>
    public static DatabaseSchema Read(SqliteConnection connection)
    {
        var tables = new Dictionary<string, (string Kind, bool WithoutRowId)>(StringComparer.Ordinal);
        using (var list = connection.Prepare("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"))
        {
            while (list.Step())
            {
                tables[Sql.ReadIdentifier(list, 0, connection.FilePath)] = (list.GetText(1)!, list.GetInt64(2) != 0);
            }
        }

        List<SchemaObject> objects = [];
        using var entries = connection.Prepare(
            "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        );
        while (entries.Step())
        {
            var type = entries.GetText(0)!;
            var name = Sql.ReadIdentifier(entries, 1, connection.FilePath);
            var (kind, withoutRowId) = type == "table" && tables.TryGetValue(name, out var known) ? known : (type, false);
            objects.Add(
                new(
                    type,
                    name,
                    Sql.ReadIdentifier(entries, 2, connection.FilePath),
                    CloseComment(Sql.ReadIdentifier(entries, 3, connection.FilePath)),
                    kind,
                    withoutRowId
                )
            );
        }

        return new(objects);
    }

    /// <summary>
    /// Computes the properties that a restored copy must share. Objects that SQLite itself creates differ between its
    /// versions and are not included.
    /// </summary>
    public SortedDictionary<string, string> ComputeFingerprint(SqliteConnection connection)
    {
        var own = UserObjects.ToList();
        var lines = own.Select(o => string.Join('\0', o.Type, o.Name, o.Table, o.Definition.TrimEnd())).Order(StringComparer.Ordinal);
        string Count(string type) => own.Count(o => o.Type == type).ToString(InvariantCulture);
        return new(StringComparer.Ordinal)
        {
            ["tables"] = Count("table"),
            ["indexes"] = Count("index"),
            ["views"] = Count("view"),
            ["triggers"] = Count("trigger"),
            ["schema"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join("\0\0", lines)))),
            ["encoding"] = connection.QueryText("PRAGMA encoding")!,
            ["userVersion"] = connection.QueryInt64("PRAGMA user_version").ToString(InvariantCulture),
            ["applicationId"] = connection.QueryInt64("PRAGMA application_id").ToString(InvariantCulture),
        };
    }

    // SQLite stores a comment at the end of a statement even if it is not closed, and would then treat the following
    // text as part of it.
    private static string CloseComment(string definition)
    {
        var state = ScanState.Plain;
        foreach (var b in Encoding.UTF8.GetBytes(definition))
        {
            state = StatementScanner.Next(state, b);
        }
        return state switch
        {
            ScanState.LineComment => definition + "\n",
            ScanState.BlockComment or ScanState.BlockCommentStar => definition + "*/",
            _ => definition,
        };
    }
}
