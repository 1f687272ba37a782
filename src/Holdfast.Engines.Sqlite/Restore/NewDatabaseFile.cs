using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// A new database file, in a work folder beside its final path. The final folder is opened once, beneath the source's
/// root and without following links, and all operations are relative to it: replacing folders meanwhile does not create
/// files elsewhere.
/// </summary>
internal sealed class NewDatabaseFile : IDisposable
{
    private const int NotFoundError = 2,
        NoFolderError = 20,
        TooManyLinksError = 40;

    private readonly string _root;
    private readonly string _name;
    private readonly SafeFileHandle _rootHandle;
    private readonly List<(SafeFileHandle Parent, string Name)> _createdFolders = [];
    private readonly List<SafeFileHandle> _opened = [];
    private SafeFileHandle _folder;
    private WorkFolder? _work;

    private NewDatabaseFile(string root, string name)
    {
        (_root, _name) = (root, name);
        FinalPath = DatabasePath.Combine(root, name);
        _opened.Add(_rootHandle = _folder = ConfinedFileAccess.OpenRoot(root));
    }

    /// <summary>The final path, as shown to users.</summary>
    public string FinalPath { get; }

    /// <summary>The temporary file. It does not exist at first.</summary>
    public DatabaseFile Temporary => _work!.File;

    private string FolderName => _name[..Math.Max(0, _name.LastIndexOf('/'))];

    private string FileName => _name[(_name.LastIndexOf('/') + 1)..];

    private string DisplayFolder => Path.GetDirectoryName(FinalPath)!;

    /// <summary>
    /// Checks the final path and creates the work folder, with free space for <paramref name="expectedBytes"/>.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// The name leads out of the directory or exists, or there is not enough space.
    /// </exception>
    public static NewDatabaseFile Begin(string directory, string name, long expectedBytes)
    {
        var root = FolderWalker.ResolveRoot(directory);
        var displayPath = DatabasePath.Combine(root, name);
        var fileName = Path.GetFileName(displayPath);
        // Discovery would skip it, and the next restore would delete it as a leftover.
        if (SideFiles.IsHoldfastFile(fileName) || SideFiles.HasHoldfastPrefix(fileName))
        {
            var what = $"'{name}' is a name that Holdfast reserves for its own files.";
            throw new HoldfastException(ErrorCatalog.Usage, what, "Choose another name.");
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
            var message = file?.Describe(e) ?? e.Message;
            file?.Dispose();
            if (e is not (IOException or UnauthorizedAccessException))
            {
                throw;
            }
            var what = $"'{Path.GetDirectoryName(displayPath)}' cannot be written to: {message}";
            throw new HoldfastException(ErrorCatalog.DestinationFailed, what, "Check that this user has write permission there.", e);
        }
    }

    /// <summary>Renames the flushed temporary file to its final path. Never overwrites.</summary>
    public void Commit()
    {
        ThrowIfTaken();
        ThrowIfMoved();
        if (!Posix.TryRename(Temporary.Path, ConfinedFileAccess.PathIn(_folder, FileName)))
        {
            throw Taken(FinalPath);
        }
        Posix.FlushFolder(ConfinedFileAccess.PathIn(_folder, "."));
        foreach (var (parent, _) in _createdFolders)
        {
            Posix.FlushFolder(ConfinedFileAccess.PathIn(parent, "."));
        }
        _createdFolders.Clear();
    }

    /// <summary>Returns the message of a failure, with the paths as shown to users.</summary>
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
        for (var i = _createdFolders.Count - 1; i >= 0; i--)
        {
            try
            {
                Directory.Delete(ConfinedFileAccess.PathIn(_createdFolders[i].Parent, _createdFolders[i].Name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                break; // another process has put something into it
            }
        }

        _createdFolders.Clear();
        foreach (var handle in _opened)
        {
            handle.Dispose();
        }
    }

    private static HoldfastException Taken(string path) =>
        new(
            ErrorCatalog.TargetExists,
            $"'{path}' already exists.",
            "Restore never overwrites: choose another name, or remove the file first."
        );

    private void Begin(long expectedBytes)
    {
        foreach (var part in FolderName.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            EnterFolder(part);
        }
        ThrowIfTaken();
        var openPath = ConfinedFileAccess.PathIn(_folder, ".");
        var leftovers = Directory
            .GetFileSystemEntries(openPath, SideFiles.RestorePrefix + "*")
            .Where(f => SideFiles.IsHoldfastFile(Path.GetFileName(f)));
        OrphanedFiles.Remove(leftovers, SideFiles.RestorePrefix); // leftovers of killed restores take up space
        var free = new DriveInfo(openPath).AvailableFreeSpace;
        if (expectedBytes > free)
        {
            var what = $"'{DisplayFolder}' has {free:N0} bytes free; about {expectedBytes:N0} are needed.";
            throw new HoldfastException(ErrorCatalog.DestinationFull, what, "Free some space, or restore to another directory.");
        }

        _work = WorkFolder.Create(_folder, SideFiles.RestorePrefix + Guid.NewGuid().ToString("n"), DisplayFolder);
    }

    // Descends into a folder, and creates it if it does not exist.
    private void EnterFolder(string part)
    {
        try
        {
            if (!FileStatus.TryGet(ConfinedFileAccess.PathIn(_folder, part), out _))
            {
                Directory.CreateDirectory(ConfinedFileAccess.PathIn(_folder, part));
                _createdFolders.Add((_folder, part));
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
            // A side file left by another database would be taken for one of the new database.
            if (FileStatus.TryGet(ConfinedFileAccess.PathIn(_folder, FileName + ending), out _))
            {
                throw Taken(FinalPath + ending);
            }
        }
    }

    // If the folder was moved away, it is no longer where the restored database was requested.
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
            // It was deleted, or replaced by something else.
        }

        throw new HoldfastException(
            ErrorCatalog.DestinationFailed,
            $"'{DisplayFolder}' was moved or replaced while '{FileName}' was being restored into it.",
            "Nothing was kept. Find out which user changes that folder, then restore again."
        );
    }
}
