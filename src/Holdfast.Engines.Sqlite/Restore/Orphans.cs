using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>Finds out which temporary files belong to nobody any more: those whose lock file, if there is one, nobody holds by flock.</summary>
internal static class Orphans
{
    /// <summary>Ending of a lock file. It is made first and removed last.</summary>
    public const string LockEnding = ".lock";

    /// <summary>Removes those of <paramref name="paths"/>, all named with <paramref name="prefix"/>, whose maker is gone.</summary>
    public static void Remove(IEnumerable<string> paths, string prefix)
    {
        foreach (var group in paths.GroupBy(path => Stem(path, prefix), StringComparer.Ordinal))
        {
            var lockPath = group.Key + LockEnding;
            FileStream? held = null;
            try
            {
                if (File.Exists(lockPath)) held = new(lockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                foreach (var path in group.Where(path => path != lockPath)) RemoveFile(path);
                RemoveFile(lockPath);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its maker lives, or has just ended and cleans up itself.
            }
            finally
            {
                held?.Dispose();
            }
        }
    }

    /// <summary>Removes a file that may be gone already.</summary>
    public static void RemoveFile(string path)
    {
        if (FileStatus.TryGet(path, out _)) File.Delete(path);
    }

    private static string Stem(string path, string prefix)
    {
        var start = path.LastIndexOf('/') + 1 + prefix.Length;
        var end = path.AsSpan(start).IndexOfAny('-', '.');
        return end < 0 ? path : path[..(start + end)];
    }
}
