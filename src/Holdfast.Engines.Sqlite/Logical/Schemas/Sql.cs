using System.Text;
using System.Text.Unicode;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Schemas;

/// <summary>Helpers for names in SQL.</summary>
internal static class Sql
{
    /// <summary>The hint for a database that cannot be expressed as a script.</summary>
    public const string SnapshotHint = "Back up this database as a snapshot, which stores its pages unchanged.";

    /// <summary>Creates the error for a database that cannot be expressed as a script.</summary>
    public static HoldfastException NotExportable(string what, Exception? cause = null) =>
        new(ErrorCatalog.SourceNotScriptable, what, SnapshotHint, cause);

    /// <summary>Quotes a name as an identifier.</summary>
    public static string QuoteIdentifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Reads a name or a statement of the schema.</summary>
    /// <exception cref="HoldfastException">It is not valid UTF-8, so a script could not contain it.</exception>
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
