using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Handles databases with several names for one file (hard links). SQLite keeps log and journal beside the name by
/// which the database was opened; read by another name, it would lack their contents. So only the name that has side
/// files counts as the database, and the other names get a problem.
/// </summary>
internal static class HardLinks
{
    private static readonly string[] Endings = ["-wal", "-journal", "-shm"];

    /// <summary>Sets a problem on all names of a file except one.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="found">The databases that were found in it.</param>
    /// <returns>Indexes of the entries that were given a problem.</returns>
    public static List<int> MarkDuplicates(string root, List<DiscoveredDatabase> found)
    {
        var marked = new List<int>();
        var groups = Enumerable
            .Range(0, found.Count)
            .Where(i => found[i].Identity is not null)
            .GroupBy(i => found[i].Identity, StringComparer.Ordinal)
            .Where(g => g.Skip(1).Any());
        foreach (var group in groups.Select(g => g.OrderBy(i => found[i].Name, StringComparer.Ordinal).ToList()).ToList())
        {
            var primary = group.MaxBy(i => GetLastUse($"{root}/{found[i].Name}"));
            foreach (var i in group.Where(i => i != primary))
            {
                found[i] = found[i] with { Problem = Problem(found[i].Name, found[primary].Name) };
                marked.Add(i);
            }
        }

        return marked;
    }

    // Latest time at which a side file of this name was written. If no name has side files, or times are equal, the
    // first name wins.
    private static long GetLastUse(string path)
    {
        var last = 0L;
        foreach (var ending in Endings)
        {
            if (FileStatus.Get(path + ending) is { IsRegular: true } side)
            {
                last = Math.Max(last, ending == "-shm" || side.Size == 0 ? 1 : side.Modified);
            }
        }

        return last;
    }

    private static HoldfastException Problem(string name, string primary) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"'{name}' is the same file as '{primary}' (a hard link), which is backed up. Changes made through this name lie in a "
                + "separate log and would be missing from the backup.",
            $"Open the database by one name only. Remove this name, or exclude it."
        );
}
