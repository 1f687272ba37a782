using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// Computes the manifest's fingerprint of a database. It is small even for very many tables: they are summarised in a
/// digest, which a restore recomputes from the dump.
/// </summary>
internal static class Fingerprint
{
    /// <summary>
    /// Key of the extensions. Different versions are reported but are not an error, because the target server brings
    /// its own.
    /// </summary>
    public const string ExtensionsKey = "extensions";

    /// <summary>Computes the fingerprint of a dump.</summary>
    public static Dictionary<string, string> Compute(DumpScanner dump)
    {
        var tables = dump.Header.Entries.Where(e => e.Kind == TocEntry.TableData).ToList();
        var sequences = dump.Header.Entries.Where(e => e.Kind == TocEntry.SequenceSet).ToList();
        return new()
        {
            ["tables"] = Text(tables.Count),
            ["rows"] = Text(tables.Sum(t => t.Rows)),
            ["tables-digest"] = Digest(dump.Header.TextEncoding, tables.Select(t => $"{t.Schema}\0{t.Name}\0{Text(t.Rows)}\n")),
            ["sequences"] = Text(sequences.Count),
            ["sequences-digest"] = Digest(dump.Header.TextEncoding, sequences.Select(s => s.Definition + "\n")),
            ["large-objects"] = Text(dump.LargeObjects),
        };
    }

    /// <summary>Throws if the dump does not match the manifest.</summary>
    public static void Verify(DumpScanner dump, IReadOnlyDictionary<string, string> expected)
    {
        foreach (var (key, found) in Compute(dump))
        {
            if (expected.TryGetValue(key, out var recorded) && recorded != found)
            {
                throw new HoldfastException(
                    ErrorCatalog.Corrupt,
                    $"The dump has {key} {found}; the manifest says {recorded}.",
                    "Restore another point, and verify this one."
                );
            }
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Digest(Encoding encoding, IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines.Order(StringComparer.Ordinal))
        {
            hash.AppendData(encoding.GetBytes(line));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
