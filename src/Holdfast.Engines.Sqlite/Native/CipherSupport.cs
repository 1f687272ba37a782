using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Opens databases in SQLCipher's format
/// (https://utelle.github.io/SQLite3MultipleCiphers/docs/ciphers/cipher_sqlcipher/).
/// </summary>
internal static unsafe class CipherSupport
{
    /// <summary>Whether SQLite3 Multiple Ciphers is available.</summary>
    public static bool IsAvailable
    {
        get
        {
            _ = sqlite3_initialize(); // loads the library
            return HasCiphers;
        }
    }

    /// <summary>Creates the error for a build without it.</summary>
    public static HoldfastException Unavailable(string path) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"'{path}' is encrypted, and this build of Holdfast does not include SQLite3 Multiple Ciphers.",
            "Run 'make build' on a machine with gcc and npm; everything but encrypted SQLite databases works without it."
        );

    /// <summary>Sets the key of a connection before anything is read. The key is passed in memory only, not as SQL.</summary>
    public static void ApplyKey(SqliteConnection connection, DatabaseKey key)
    {
        connection.Execute("PRAGMA cipher='sqlcipher'; PRAGMA legacy=4");
        var text = key.Raw is null
            ? Encoding.UTF8.GetBytes(key.Passphrase!)
            : Encoding.ASCII.GetBytes($"x'{Convert.ToHexStringLower(key.Raw)}'");
        try
        {
            fixed (byte* p = text)
            {
                connection.Check(sqlite3_key_v2(connection.Handle, null, p, text.Length));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
