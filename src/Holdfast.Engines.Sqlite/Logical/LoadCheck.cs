using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>Compares a loaded database with what the backup says of it.</summary>
internal static class LoadCheck
{
    /// <summary>Throws at the first difference.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Corrupt"/>.</exception>
    public static void Verify(SqliteConnection connection, IReadOnlyDictionary<string, string> fingerprint, long rows)
    {
        var facts = Schema.Read(connection).Facts(connection);
        facts["rows"] = rows.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, found) in facts)
        {
            if (!fingerprint.TryGetValue(name, out var expected) || expected == found) continue;
            throw new HoldfastException(
                ErrorCatalogue.Corrupt, $"The restored database is not the one that was backed up: its {name} should be {expected} and is {found}.", "Try an older restore point.");
        }
    }
}
