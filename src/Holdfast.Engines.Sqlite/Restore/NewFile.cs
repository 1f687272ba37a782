using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// A database file in the making: a temporary file beside its final place. A lock file beside it, held by flock, tells whoever cleans up that its
/// maker lives; it is a file of its own so that the database's can be opened by SQLite alone.
/// </summary>
internal sealed class NewFile : IDisposable
{
    private readonly List<string> _madeFolders = [];
    private FileStream? _lock;

    private NewFile(string finalPath, string temporaryPath)
    {
        FinalPath = finalPath;
        TemporaryPath = temporaryPath;
    }

    /// <summary>Where it shall be.</summary>
    public string FinalPath { get; }

    /// <summary>Where it is until then. It does not exist at first.</summary>
    public string TemporaryPath { get; }

    /// <summary>Reserves the place, with free space for <paramref name="expectedBytes"/>.</summary>
    /// <exception cref="HoldfastException">The name leads outside, is taken, or there is no room.</exception>
    public static NewFile Begin(string directory, string name, long expectedBytes)
    {
        var root = FolderWalk.Root(directory);
        var finalPath = DatabasePath.ForNew(root, name);
        // Discovery would never find it, and the next restore would take it for a leftover of its own and remove it.
        if (SideFiles.IsOurs(Path.GetFileName(finalPath)) || SideFiles.IsNamedLikeOurs(Path.GetFileName(finalPath))) throw new HoldfastException(ErrorCatalogue.Usage, $"'{name}' is a name that Holdfast keeps for its own files.", "Choose another name.");
        var folder = Path.GetDirectoryName(finalPath)!;
        var file = new NewFile(finalPath, Path.Combine(folder, SideFiles.RestorePrefix + Guid.NewGuid().ToString("n")));
        try
        {
            file.MakeFolders(folder);
            file.RefuseTaken();
            Orphans.Remove(Directory.GetFiles(folder, SideFiles.RestorePrefix + "*").Where(f => SideFiles.IsOurs(Path.GetFileName(f))), SideFiles.RestorePrefix); // what a killed restore left takes up room
            var free = new DriveInfo(folder).AvailableFreeSpace;
            if (expectedBytes > free)
                throw new HoldfastException(ErrorCatalogue.DestinationFull, $"'{folder}' has {free:N0} bytes free; about {expectedBytes:N0} are needed.", "Make room, or restore to another place.");
            file._lock = PrivateFile.Create(file.TemporaryPath + Orphans.LockEnding, FileShare.None);
            return file;
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is IOException or UnauthorizedAccessException) throw new HoldfastException(ErrorCatalogue.DestinationFailed, $"'{folder}' cannot be written to: {e.Message}", "Check that this user may write there.", e);
            throw;
        }
    }

    /// <summary>Gives the flushed temporary file its name. It never overwrites.</summary>
    public void Commit()
    {
        RefuseTaken();
        if (!Posix.TryRename(TemporaryPath, FinalPath)) throw Taken(FinalPath);
        Posix.FlushFolder(Path.GetDirectoryName(FinalPath)!);
        foreach (var folder in _madeFolders) Posix.FlushFolder(Path.GetDirectoryName(folder)!);
        _madeFolders.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var ending in (string[])["", "-wal", "-shm", "-journal"]) Orphans.RemoveFile(TemporaryPath + ending);
        if (_lock is not null)
        {
            Orphans.RemoveFile(TemporaryPath + Orphans.LockEnding);
            _lock.Dispose();
            _lock = null;
        }

        for (var i = _madeFolders.Count - 1; i >= 0; i--)
        {
            try
            {
                Directory.Delete(_madeFolders[i]);
            }
            catch (IOException)
            {
                break; // someone else has put something into it
            }
        }

        _madeFolders.Clear();
    }

    private static HoldfastException Taken(string path) =>
        new(ErrorCatalogue.TargetExists, $"'{path}' exists already.", "Restore never overwrites: choose another name, or remove the file first.");

    private void RefuseTaken()
    {
        foreach (var ending in (string[])["", "-wal", "-journal", "-shm"])
        {
            // A side file that another database left would be taken for the new one's.
            if (FileStatus.TryGet(FinalPath + ending, out _)) throw Taken(FinalPath + ending);
        }
    }

    private void MakeFolders(string folder)
    {
        var missing = new Stack<string>();
        for (var at = folder; !FileStatus.TryGet(at, out _); at = Path.GetDirectoryName(at)!) missing.Push(at);
        while (missing.TryPop(out var next))
        {
            Directory.CreateDirectory(next);
            _madeFolders.Add(next);
        }
    }
}
