using System.Globalization;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// Tells of rows that cost much memory: PostgreSQL and its programs hold a row whole, and several times, where Holdfast
/// holds a piece of it. The
/// figures are measured: a <c>bytea</c> of 144 MB, which is 275 MiB as text, took 559 MiB in <c>pg_dump</c> and 830 MiB
/// in the server, and 844 MiB to load.
/// </summary>
internal static class LargeRowWarnings
{
    /// <summary>Bytes of a row as text from which on it is told.</summary>
    public const long WarningThreshold = 64 << 20;

    private const int DumpMemoryFactor = 2,
        ServerMemoryFactor = 3;
    private const int MaxListed = 5;

    /// <summary>Tells them, the table with the largest one first.</summary>
    /// <param name="entries">What a dump holds, when all of it was scanned.</param>
    public static IEnumerable<string> Create(IEnumerable<TocEntry> entries)
    {
        var large = entries.Where(e => e.LargestRow >= WarningThreshold).OrderByDescending(e => e.LargestRow).ToList();
        foreach (var table in large.Take(MaxListed))
        {
            var size = table.LargestRow >> 20;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The largest row of {table.Schema}.{table.Name} has {size} MiB as text. For it pg_dump takes about "
                    + $"{size * DumpMemoryFactor} MiB of memory, "
                    + $"and the server {size * ServerMemoryFactor} MiB, in a backup and in a restore. A row of 1 GiB as text cannot be "
                    + $"backed up at all."
            );
        }

        if (large.Count > MaxListed)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"… and {large.Count - MaxListed} more tables have rows of {WarningThreshold >> 20} MiB or more as text."
            );
        }
    }
}
