using Holdfast.Core.Errors;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>Translates SQLite's result codes to errors for the operator.</summary>
internal static class SqliteErrorTranslator
{
    /// <summary>
    /// Returns the error for <paramref name="code"/> (extended codes allowed) on the file at <paramref name="path"/>.
    /// </summary>
    public static HoldfastException Translate(int code, string path, string text) =>
        (code & 0xFF) switch
        {
            Busy or Locked or Protocol => new(
                ErrorCatalog.SourceLocked,
                $"'{path}' is locked by another process: {text}.",
                "Try again after the other process has ended its transaction."
            ),
            NotADatabase => new(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' is not an SQLite database, or it is encrypted and the key is missing or wrong.",
                "For an encrypted database give --encrypted and --database-key."
            ),
            Corrupt => new(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' is damaged: {text}.",
                "Check it with: sqlite3 FILE 'PRAGMA integrity_check'"
            ),
            _ => new(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' cannot be read: {text}.",
                "Check that the file exists and that this user can read and write it and its folder."
            ),
        };
}
