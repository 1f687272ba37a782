using Holdfast.Archive;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// Finds temporary files and folders whose owner has exited: those whose lock file, if it exists, is not locked. If
/// there is no lock file, the owner has not created anything else yet, or the lock file was removed together with the
/// rest.
/// </summary>
internal static class OrphanedFiles
{
    /// <summary>Suffix of a lock file. It is created first and removed last.</summary>
    public const string LockEnding = ".lock";

    /// <summary>
    /// Removes those of <paramref name="paths"/>, all with <paramref name="prefix"/>, whose owner has exited.
    /// </summary>
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
                    continue; // its owner is running, or has just exited and cleans up itself
                }
                foreach (var path in group.Where(path => path != lockPath))
                {
                    RemoveWork(path);
                }
                if (held is not null)
                {
                    RemoveFile(lockPath); // a lock file that was created since belongs to another restore
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The path contains something that is not Holdfast's.
            }
        }
    }

    /// <summary>Removes a file that may not exist any more.</summary>
    public static void RemoveFile(string path)
    {
        if (FileStatus.TryGet(path, out _))
        {
            File.Delete(path);
        }
    }

    /// <summary>Removes the files of a restore from its work folder: the file has the name of the folder.</summary>
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
