using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Determines whether a user other than this one and root can change the files that a database is read from.</summary>
internal static class FileWriteAccess
{
    private static readonly string[] Endings = ["", "-wal", "-shm", "-journal"];

    /// <summary>
    /// Whether others can write to a folder on the path from the root to the database, to its file, or to a side file.
    /// </summary>
    /// <param name="root">The source's directory, with links resolved.</param>
    /// <param name="name">Name of the database.</param>
    public static bool CanOthersWrite(string root, string name)
    {
        for (var slash = -1; ; )
        {
            if (IsWritableByOthers(slash < 0 ? root : $"{root}/{name[..slash]}"))
            {
                return true;
            }
            slash = name.IndexOf('/', slash + 1);
            if (slash < 0)
            {
                break;
            }
        }

        return Array.Exists(Endings, ending => IsWritableByOthers($"{root}/{name}{ending}"));
    }

    private static bool IsWritableByOthers(string path) =>
        FileStatus.Get(path) is { } status && ((status.User != 0 && status.User != Posix.EffectiveUserId) || status.IsWritableByOthers);
}
