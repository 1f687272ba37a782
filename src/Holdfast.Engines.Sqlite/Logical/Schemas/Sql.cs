using System.Text;
using System.Text.Unicode;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>Names in SQL.</summary>
internal static class Sql
{
    /// <summary>What helps where a script cannot hold a database.</summary>
    public const string SnapshotHint = "Back this database up as a snapshot: that holds its pages as they are.";

    /// <summary>The failure of a database that no script can hold.</summary>
    public static HoldfastException NotExportable(string what, Exception? cause = null) =>
        new(ErrorCatalogue.SourceNotScriptable, what, SnapshotHint, cause);

    /// <summary>A name as an identifier.</summary>
    public static string QuoteIdentifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A name or statement of the schema.</summary>
    /// <exception cref="HoldfastException">It is not UTF-8, so no script could name it.</exception>
    public static string ReadIdentifier(SqliteStatement statement, int column, string path)
    {
        var bytes = statement.GetTextBytes(column);
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }
        throw NotExportable($"'{path}' has a name in its schema that is not UTF-8: {Encoding.UTF8.GetString(bytes)}.");
    }
}
