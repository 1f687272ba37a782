using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Databases that are one file under several names. SQLite keeps log and journal beside the name that a database was
/// opened by: read by another name, it
/// lacks what lies there. So only the name that has them is a database, and the others are told.
/// </summary>
internal static class HardLinks
{
    private static readonly string[] Endings = ["-wal", "-journal", "-shm"];

    /// <summary>Gives all names of a file but one a problem.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="found">What was found in it.</param>
    /// <returns>Which of them got one.</returns>
    public static List<int> MarkDuplicates(string root, List<DiscoveredDatabase> found)
    {
        var told = new List<int>();
        var groups = Enumerable
            .Range(0, found.Count)
            .Where(i => found[i].Identity is not null)
            .GroupBy(i => found[i].Identity, StringComparer.Ordinal)
            .Where(g => g.Skip(1).Any());
        foreach (var group in groups.Select(g => g.OrderBy(i => found[i].Name, StringComparer.Ordinal).ToList()).ToList())
        {
            var kept = group.MaxBy(i => GetLastUse($"{root}/{found[i].Name}"));
            foreach (var i in group.Where(i => i != kept))
            {
                found[i] = found[i] with { Problem = Problem(found[i].Name, found[kept].Name) };
                told.Add(i);
            }
        }

        return told;
    }

    // When something was last written beside that name; of names without any, or with the same time, the first is kept.
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

    private static HoldfastException Problem(string name, string kept) =>
        new(
            ErrorCatalogue.SourceUnreadable,
            $"'{name}' is the same file as '{kept}' (a hard link), which is backed up. What is written by this name lies in a "
                + "log of its own, and would be missing.",
            $"Open the database by one name only. Remove this one, or exclude it."
        );
}
