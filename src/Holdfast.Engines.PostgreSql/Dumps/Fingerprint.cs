using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// What a manifest says of a database. Small also for very many tables: these are told by a digest, and counted again
/// from the dump at a restore.
/// </summary>
internal static class Fingerprint
{
    /// <summary>Mark of the extensions. Other versions of them are told, but are no fault: the target brings its own.</summary>
    public const string ExtensionsKey = "extensions";

    /// <summary>What a dump says.</summary>
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

    /// <summary>Throws where a dump is not the one that the manifest tells of.</summary>
    public static void Verify(DumpScanner dump, IReadOnlyDictionary<string, string> expected)
    {
        foreach (var (mark, found) in Compute(dump))
        {
            if (expected.TryGetValue(mark, out var said) && said != found)
            {
                throw new HoldfastException(
                    ErrorCatalogue.Corrupt,
                    $"The dump has {mark} {found}; the manifest says {said}.",
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
