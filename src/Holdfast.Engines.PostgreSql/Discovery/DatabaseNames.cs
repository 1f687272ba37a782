using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Discovery;

/// <summary>The rules for names of databases.</summary>
internal static class DatabaseNames
{
    /// <summary>Prefix of the temporary name of a database that is being restored.</summary>
    public const string RestorePrefix = "_holdfast_restore_";

    private const int MaxBytes = 63; // the server would silently truncate a longer one

    /// <summary>Whether it is the temporary name of a restore.</summary>
    public static bool IsTemporary(string name) => name.StartsWith(RestorePrefix, StringComparison.Ordinal);

    /// <summary>Throws if no database can have the name.</summary>
    public static void Validate(string name)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "The name of the new database is empty or contains a zero byte.",
                "Choose another name."
            );
        }
        if (Encoding.UTF8.GetByteCount(name) is > MaxBytes and var bytes)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{name}' has {bytes} bytes; PostgreSQL allows names of up to {MaxBytes}.",
                "Choose a shorter name."
            );
        }
        // Discovery would skip it, and the next clean-up would drop it as a leftover.
        if (IsTemporary(name))
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{name}' is a name that Holdfast reserves for its own databases.",
                "Choose another name."
            );
        }
    }
}
