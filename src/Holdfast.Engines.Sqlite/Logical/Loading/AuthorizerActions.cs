using System.Globalization;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Names of the action codes that SQLite passes to an authorizer (https://sqlite.org/c3ref/c_alter_table.html).
/// </summary>
internal static class AuthorizerActions
{
    private static readonly string[] Names =
    [
        "COPY",
        "CREATE INDEX",
        "CREATE TABLE",
        "CREATE TEMP INDEX",
        "CREATE TEMP TABLE",
        "CREATE TEMP TRIGGER",
        "CREATE TEMP VIEW",
        "CREATE TRIGGER",
        "CREATE VIEW",
        "DELETE FROM",
        "DROP INDEX",
        "DROP TABLE",
        "DROP TEMP INDEX",
        "DROP TEMP TABLE",
        "DROP TEMP TRIGGER",
        "DROP TEMP VIEW",
        "DROP TRIGGER",
        "DROP VIEW",
        "INSERT INTO",
        "PRAGMA",
        "READ",
        "SELECT",
        "TRANSACTION",
        "UPDATE",
        "ATTACH",
        "DETACH",
        "ALTER TABLE",
        "REINDEX",
        "ANALYZE",
        "virtual table module",
        "DROP VIRTUAL TABLE",
        "function",
        "SAVEPOINT",
        "WITH RECURSIVE",
    ];

    /// <summary>Returns the name of <paramref name="action"/>.</summary>
    public static string GetName(int action) =>
        action >= 0 && action < Names.Length ? Names[action] : action.ToString(CultureInfo.InvariantCulture);
}
