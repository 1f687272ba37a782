using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// A database file in the making, in a folder of its own beside its final place. The folder of that place is opened once, beneath the
/// source's directory and following no link; all is done from there, so whoever exchanges folders meanwhile has nothing made elsewhere.
/// </summary>
internal sealed class NewFile : IDisposable
{
    private const int NotFoundError = 2,
        NoFolderError = 20,
        TooManyLinksError = 40;

    private readonly string _root;
    private readonly string _name;
    private readonly SafeFileHandle _limit;
    private readonly List<(SafeFileHandle Above, string Name)> _madeFolders = [];
    private readonly List<SafeFileHandle> _opened = [];
    private SafeFileHandle _folder;
    private WorkFolder? _work;

    private NewFile(string root, string name)
    {
        (_root, _name) = (root, name);
        FinalPath = DatabasePath.Combine(root, name);
        _opened.Add(_limit = _folder = Beneath.OpenRoot(root));
    }

    /// <summary>Where it shall be, as people know it.</summary>
    public string FinalPath { get; }

    /// <summary>Where it is until then. It does not exist at first.</summary>
    public DatabaseFile Temporary => _work!.File;

    private string FolderName => _name[..Math.Max(0, _name.LastIndexOf('/'))];

    private string FileName => _name[(_name.LastIndexOf('/') + 1)..];

    private string ShownFolder => Path.GetDirectoryName(FinalPath)!;

    /// <summary>Reserves the place, with free space for <paramref name="expectedBytes"/>.</summary>
    /// <exception cref="HoldfastException">The name leads outside, is taken, or there is no room.</exception>
    public static NewFile Begin(string directory, string name, long expectedBytes)
    {
        var root = FolderWalk.Root(directory);
        var shown = DatabasePath.Combine(root, name);
        var fileName = Path.GetFileName(shown);
        // Discovery would never find it, and the next restore would take it for a leftover of its own and remove it.
        if (SideFiles.IsOurs(fileName) || SideFiles.IsNamedLikeOurs(fileName))
        {
            var what = $"'{name}' is a name that Holdfast keeps for its own files.";
            throw new HoldfastException(ErrorCatalogue.Usage, what, "Choose another name.");
        }

        NewFile? file = null;
        try
        {
            file = new NewFile(root, name);
            file.Begin(expectedBytes);
            return file;
        }
        catch (Exception e)
        {
            var told = file?.Tell(e) ?? e.Message;
            file?.Dispose();
            if (e is not (IOException or UnauthorizedAccessException))
            {
                throw;
            }
            var what = $"'{Path.GetDirectoryName(shown)}' cannot be written to: {told}";
            throw new HoldfastException(ErrorCatalogue.DestinationFailed, what, "Check that this user may write there.", e);
        }
    }

    /// <summary>Gives the flushed temporary file its name. It never overwrites.</summary>
    public void Commit()
    {
        RefuseTaken();
        RefuseMoved();
        if (!Posix.TryRename(Temporary.Path, Beneath.PathIn(_folder, FileName)))
        {
            throw Taken(FinalPath);
        }
        Posix.FlushFolder(Beneath.PathIn(_folder, "."));
        foreach (var (above, _) in _madeFolders)
        {
            Posix.FlushFolder(Beneath.PathIn(above, "."));
        }
        _madeFolders.Clear();
    }

    /// <summary>What a failure says, with the paths that people know.</summary>
    public string Tell(Exception failure)
    {
        var text = failure.Message;
        if (_work?.File is { } file)
        {
            text = text.Replace(file.Path, file.Shown, StringComparison.Ordinal);
        }
        return text.Replace(Beneath.PathIn(_folder, ""), ShownFolder + "/", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _work?.Dispose();
        for (var i = _madeFolders.Count - 1; i >= 0; i--)
        {
            try
            {
                Directory.Delete(Beneath.PathIn(_madeFolders[i].Above, _madeFolders[i].Name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                break; // someone else has put something into it
            }
        }

        _madeFolders.Clear();
        foreach (var handle in _opened)
        {
            handle.Dispose();
        }
    }

    private static HoldfastException Taken(string path) =>
        new(
            ErrorCatalogue.TargetExists,
            $"'{path}' exists already.",
            "Restore never overwrites: choose another name, or remove the file first."
        );

    private void Begin(long expectedBytes)
    {
        foreach (var part in FolderName.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Enter(part);
        }
        RefuseTaken();
        var place = Beneath.PathIn(_folder, ".");
        var left = Directory.GetFileSystemEntries(place, SideFiles.RestorePrefix + "*").Where(f => SideFiles.IsOurs(Path.GetFileName(f)));
        Orphans.Remove(left, SideFiles.RestorePrefix); // what a killed restore left takes up room
        var free = new DriveInfo(place).AvailableFreeSpace;
        if (expectedBytes > free)
        {
            var what = $"'{ShownFolder}' has {free:N0} bytes free; about {expectedBytes:N0} are needed.";
            throw new HoldfastException(ErrorCatalogue.DestinationFull, what, "Make room, or restore to another place.");
        }

        _work = WorkFolder.Make(_folder, SideFiles.RestorePrefix + Guid.NewGuid().ToString("n"), ShownFolder);
    }

    // Goes one folder deeper, which is made where it is not there.
    private void Enter(string part)
    {
        try
        {
            if (!FileStatus.TryGet(Beneath.PathIn(_folder, part), out _))
            {
                Directory.CreateDirectory(Beneath.PathIn(_folder, part));
                _madeFolders.Add((_folder, part));
            }

            _opened.Add(_folder = Beneath.OpenPlace(_folder, part));
        }
        catch (IOException e) when (e.HResult is NoFolderError or TooManyLinksError)
        {
            throw DatabasePath.Leads(_root, _name);
        }
    }

    private void RefuseTaken()
    {
        foreach (var ending in (string[])["", "-wal", "-journal", "-shm"])
        {
            // A side file that another database left would be taken for the new one's.
            if (FileStatus.TryGet(Beneath.PathIn(_folder, FileName + ending), out _))
            {
                throw Taken(FinalPath + ending);
            }
        }
    }

    // A folder that was moved away is not where the restored database was asked for.
    private void RefuseMoved()
    {
        try
        {
            using var now = Beneath.OpenPlace(_limit, FolderName);
            if (FileStatus.Of(now).IsSameFile(FileStatus.Of(_folder)))
            {
                return;
            }
        }
        catch (IOException e) when (e.HResult is NotFoundError or NoFolderError or TooManyLinksError)
        {
            // It is gone, or something else by now.
        }

        throw new HoldfastException(
            ErrorCatalogue.DestinationFailed,
            $"'{ShownFolder}' was moved, or exchanged for another, while '{FileName}' was restored there.",
            "Nothing was kept. See who writes to that folder, then restore again."
        );
    }
}
