using System.Globalization;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// Warns of rows that need much memory: PostgreSQL and its programs hold several copies of a whole row in memory,
/// whereas Holdfast holds only a segment. The factors are measured: a <c>bytea</c> of 144 MB, which is 275 MiB as text,
/// took 559 MiB in <c>pg_dump</c>, 830 MiB in the server, and 844 MiB to load.
/// </summary>
internal static class LargeRowWarnings
{
    /// <summary>Minimum length of a row as text in bytes for a warning.</summary>
    public const long WarningThreshold = 64 << 20;

    private const int DumpMemoryFactor = 2,
        ServerMemoryFactor = 3;
    private const int MaxListed = 5;

    /// <summary>Creates the warnings, the table with the largest row first.</summary>
    /// <param name="entries">Entries of a dump after the whole dump has been scanned.</param>
    public static IEnumerable<string> Create(IEnumerable<TocEntry> entries)
    {
        var large = entries.Where(e => e.LargestRow >= WarningThreshold).OrderByDescending(e => e.LargestRow).ToList();
        foreach (var table in large.Take(MaxListed))
        {
            var size = table.LargestRow >> 20;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The largest row of {table.Schema}.{table.Name} has {size} MiB as text. It needs about "
                    + $"{size * DumpMemoryFactor} MiB of memory in pg_dump, "
                    + $"and {size * ServerMemoryFactor} MiB in the server, for a backup as for a restore. A row of 1 GiB as text cannot be "
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
