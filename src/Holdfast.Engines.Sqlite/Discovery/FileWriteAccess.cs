using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Tells whether somebody other than this user and root may change what a database is read from.</summary>
internal static class FileWriteAccess
{
    private static readonly string[] Endings = ["", "-wal", "-shm", "-journal"];

    /// <summary>Whether somebody may write to a folder on the way from the root to a database, to its file, or to one beside it.</summary>
    /// <param name="root">The source's directory, links resolved.</param>
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
