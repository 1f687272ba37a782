using Holdfast.Archive;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// Finds out which temporary files and folders belong to nobody any more: those whose lock file, if there is one,
/// nobody holds. Where there is none,
/// its maker has not made anything else yet, or it was removed with what was left.
/// </summary>
internal static class OrphanedFiles
{
    /// <summary>Ending of a lock file. It is made first and removed last.</summary>
    public const string LockEnding = ".lock";

    /// <summary>Removes those of <paramref name="paths"/>, all named with <paramref name="prefix"/>, whose maker is gone.</summary>
    public static void Remove(IEnumerable<string> paths, string prefix)
    {
        foreach (var group in paths.GroupBy(path => GetStem(path, prefix), StringComparer.Ordinal))
        {
            var lockPath = group.Key + LockEnding;
            try
            {
                var isLocked = FileStatus.TryGet(lockPath, out _);
                using var held = isLocked ? OwnerLock.TryAcquire(lockPath) : null;
                if (isLocked && held is null)
                {
                    continue; // its maker lives, or has just ended and cleans up itself
                }
                foreach (var path in group.Where(path => path != lockPath))
                {
                    RemoveWork(path);
                }
                if (held is not null)
                {
                    RemoveFile(lockPath); // one that has come since is another's
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Something lies there that is not ours.
            }
        }
    }

    /// <summary>Removes a file that may be gone already.</summary>
    public static void RemoveFile(string path)
    {
        if (FileStatus.TryGet(path, out _))
        {
            File.Delete(path);
        }
    }

    /// <summary>Removes what a restore made in its folder: the file has the name of the folder.</summary>
    public static void RemoveFiles(SafeFileHandle folder, string name)
    {
        foreach (var ending in (string[])["", "-wal", "-shm", "-journal"])
        {
            RemoveFile(ConfinedFileAccess.PathIn(folder, name + ending));
        }
    }

    private static void RemoveWork(string path)
    {
        if (FileStatus.Get(path) is { IsFolder: true })
        {
            using (var folder = ConfinedFileAccess.OpenNoFollow(path))
            {
                RemoveFiles(folder, Path.GetFileName(path));
            }
            Directory.Delete(path);
        }
        else
        {
            RemoveFile(path);
        }
    }

    private static string GetStem(string path, string prefix)
    {
        var start = path.LastIndexOf('/') + 1 + prefix.Length;
        var end = path.AsSpan(start).IndexOfAny('-', '.');
        return end < 0 ? path : path[..(start + end)];
    }
}
