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
    /// <summary>Whether SQLite3 Multiple Ciphers is there.</summary>
    public static bool IsAvailable
    {
        get
        {
            _ = sqlite3_initialize(); // loads the library
            return HasCiphers;
        }
    }

    /// <summary>What to say when it is not there.</summary>
    public static HoldfastException Unavailable(string path) =>
        new(
            ErrorCatalogue.SourceUnreadable,
            $"'{path}' is encrypted, and this build of Holdfast has no SQLite3 Multiple Ciphers.",
            "Run 'make build' on a machine with gcc and npm; everything but encrypted SQLite databases works without it."
        );

    /// <summary>Gives the key to a connection, before anything is read. It passes through memory only, not through SQL.</summary>
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
