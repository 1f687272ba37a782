using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Discovery;

/// <summary>Which names databases can have.</summary>
internal static class DatabaseNames
{
    /// <summary>Begins the name of a database that a restore is making.</summary>
    public const string RestorePrefix = "_holdfast_restore_";

    private const int MaxBytes = 63; // a longer one would be cut off by the server, silently

    /// <summary>Whether it is one of a restore.</summary>
    public static bool IsTemporary(string name) => name.StartsWith(RestorePrefix, StringComparison.Ordinal);

    /// <summary>Throws where no database can have the name.</summary>
    public static void Validate(string name)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "The name of the new database is empty or holds a zero byte.",
                "Choose another name."
            );
        }
        if (Encoding.UTF8.GetByteCount(name) is > MaxBytes and var bytes)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{name}' has {bytes} bytes; PostgreSQL takes names of up to {MaxBytes}.",
                "Choose a shorter name."
            );
        }
        // Discovery would never find it, and the next clean-up would take it for a leftover and drop it.
        if (IsTemporary(name))
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{name}' is a name that Holdfast keeps for its own databases.",
                "Choose another name."
            );
        }
    }
}
