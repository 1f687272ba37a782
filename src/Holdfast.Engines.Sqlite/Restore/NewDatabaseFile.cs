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
internal sealed class NewDatabaseFile : IDisposable
{
    private const int NotFoundError = 2,
        NoFolderError = 20,
        TooManyLinksError = 40;

    private readonly string _root;
    private readonly string _name;
    private readonly SafeFileHandle _rootHandle;
    private readonly List<(SafeFileHandle Above, string Name)> _madeFolders = [];
    private readonly List<SafeFileHandle> _opened = [];
    private SafeFileHandle _folder;
    private WorkFolder? _work;

    private NewDatabaseFile(string root, string name)
    {
        (_root, _name) = (root, name);
        FinalPath = DatabasePath.Combine(root, name);
        _opened.Add(_rootHandle = _folder = ConfinedFileAccess.OpenRoot(root));
    }

    /// <summary>Where it shall be, as people know it.</summary>
    public string FinalPath { get; }

    /// <summary>Where it is until then. It does not exist at first.</summary>
    public DatabaseFile Temporary => _work!.File;

    private string FolderName => _name[..Math.Max(0, _name.LastIndexOf('/'))];

    private string FileName => _name[(_name.LastIndexOf('/') + 1)..];

    private string DisplayFolder => Path.GetDirectoryName(FinalPath)!;

    /// <summary>Reserves the place, with free space for <paramref name="expectedBytes"/>.</summary>
    /// <exception cref="HoldfastException">The name leads outside, is taken, or there is no room.</exception>
    public static NewDatabaseFile Begin(string directory, string name, long expectedBytes)
    {
        var root = FolderWalker.ResolveRoot(directory);
        var shown = DatabasePath.Combine(root, name);
        var fileName = Path.GetFileName(shown);
        // Discovery would never find it, and the next restore would take it for a leftover of its own and remove it.
        if (SideFiles.IsHoldfastFile(fileName) || SideFiles.HasHoldfastPrefix(fileName))
        {
            var what = $"'{name}' is a name that Holdfast keeps for its own files.";
            throw new HoldfastException(ErrorCatalogue.Usage, what, "Choose another name.");
        }

        NewDatabaseFile? file = null;
        try
        {
            file = new NewDatabaseFile(root, name);
            file.Begin(expectedBytes);
            return file;
        }
        catch (Exception e)
        {
            var told = file?.Describe(e) ?? e.Message;
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
        ThrowIfTaken();
        ThrowIfMoved();
        if (!Posix.TryRename(Temporary.Path, ConfinedFileAccess.PathIn(_folder, FileName)))
        {
            throw Taken(FinalPath);
        }
        Posix.FlushFolder(ConfinedFileAccess.PathIn(_folder, "."));
        foreach (var (above, _) in _madeFolders)
        {
            Posix.FlushFolder(ConfinedFileAccess.PathIn(above, "."));
        }
        _madeFolders.Clear();
    }

    /// <summary>What a failure says, with the paths that people know.</summary>
    public string Describe(Exception failure)
    {
        var text = failure.Message;
        if (_work?.File is { } file)
        {
            text = text.Replace(file.Path, file.DisplayPath, StringComparison.Ordinal);
        }
        return text.Replace(ConfinedFileAccess.PathIn(_folder, ""), DisplayFolder + "/", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _work?.Dispose();
        for (var i = _madeFolders.Count - 1; i >= 0; i--)
        {
            try
            {
                Directory.Delete(ConfinedFileAccess.PathIn(_madeFolders[i].Above, _madeFolders[i].Name));
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
            EnterFolder(part);
        }
        ThrowIfTaken();
        var place = ConfinedFileAccess.PathIn(_folder, ".");
        var left = Directory
            .GetFileSystemEntries(place, SideFiles.RestorePrefix + "*")
            .Where(f => SideFiles.IsHoldfastFile(Path.GetFileName(f)));
        OrphanedFiles.Remove(left, SideFiles.RestorePrefix); // what a killed restore left takes up room
        var free = new DriveInfo(place).AvailableFreeSpace;
        if (expectedBytes > free)
        {
            var what = $"'{DisplayFolder}' has {free:N0} bytes free; about {expectedBytes:N0} are needed.";
            throw new HoldfastException(ErrorCatalogue.DestinationFull, what, "Make room, or restore to another place.");
        }

        _work = WorkFolder.Create(_folder, SideFiles.RestorePrefix + Guid.NewGuid().ToString("n"), DisplayFolder);
    }

    // Goes one folder deeper, which is made where it is not there.
    private void EnterFolder(string part)
    {
        try
        {
            if (!FileStatus.TryGet(ConfinedFileAccess.PathIn(_folder, part), out _))
            {
                Directory.CreateDirectory(ConfinedFileAccess.PathIn(_folder, part));
                _madeFolders.Add((_folder, part));
            }

            _opened.Add(_folder = ConfinedFileAccess.OpenPathOnly(_folder, part));
        }
        catch (IOException e) when (e.HResult is NoFolderError or TooManyLinksError)
        {
            throw DatabasePath.OutsideRoot(_root, _name);
        }
    }

    private void ThrowIfTaken()
    {
        foreach (var ending in (string[])["", "-wal", "-journal", "-shm"])
        {
            // A side file that another database left would be taken for the new one's.
            if (FileStatus.TryGet(ConfinedFileAccess.PathIn(_folder, FileName + ending), out _))
            {
                throw Taken(FinalPath + ending);
            }
        }
    }

    // A folder that was moved away is not where the restored database was asked for.
    private void ThrowIfMoved()
    {
        try
        {
            using var now = ConfinedFileAccess.OpenPathOnly(_rootHandle, FolderName);
            if (FileStatus.Get(now).IsSameFile(FileStatus.Get(_folder)))
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
            $"'{DisplayFolder}' was moved, or exchanged for another, while '{FileName}' was restored there.",
            "Nothing was kept. See who writes to that folder, then restore again."
        );
    }
}
