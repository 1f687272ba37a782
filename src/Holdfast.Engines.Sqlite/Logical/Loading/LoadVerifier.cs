using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Compares a loaded database with the backup's fingerprint.</summary>
internal static class LoadVerifier
{
    private const string Hint =
        "Try an older restore point. 'holdfast extract' writes the script to a file that the sqlite3 program can load.";

    /// <summary>
    /// Throws at the first difference. Backups of earlier versions have no table digests, which are then not compared.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/>.</exception>
    public static void Verify(
        SqliteConnection connection,
        IReadOnlyDictionary<string, string> fingerprint,
        long rows,
        CancellationToken cancellationToken
    )
    {
        var schema = DatabaseSchema.Read(connection);
        var facts = schema.ComputeFingerprint(connection);
        facts["rows"] = rows.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, found) in facts)
        {
            if (!fingerprint.TryGetValue(name, out var expected) || expected == found)
            {
                continue;
            }
            throw Different($"its {name} should be {expected} and is {found}");
        }

        var tables = schema
            .Objects.Where(o => o.Kind is "table" or "shadow")
            .ToDictionary(o => TableDigest.GetFingerprintKey(o.Name), StringComparer.Ordinal);
        var digest = new TableDigest();
        foreach (var (name, expected) in fingerprint)
        {
            if (!name.StartsWith(TableDigest.Prefix, StringComparison.Ordinal))
            {
                continue;
            }
            if (!tables.TryGetValue(name, out var table))
            {
                throw Different($"it has no table \"{name[TableDigest.Prefix.Length..]}\"");
            }
            if (DigestOf(connection, table, digest, cancellationToken) == expected)
            {
                continue;
            }
            throw Different($"table \"{table.Name}\" has other values");
        }
    }

    private static string DigestOf(SqliteConnection connection, SchemaObject table, TableDigest digest, CancellationToken cancellationToken)
    {
        var info = TableInfo.Read(connection, table.Name, table.WithoutRowId);
        using var select = connection.Prepare(info.SelectSql);
        var row = new StoredRow(select, info.ValueCount, digest);
        while (row.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        return digest.Finish();
    }

    private static HoldfastException Different(string how) =>
        new(ErrorCatalog.Corrupt, $"The restored database differs from the one that was backed up: {how}.", Hint);
}
