using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>The root of a local destination: checks its identity, and tracks which of its folders may not be on disk yet.</summary>
/// <param name="path">Absolute path without a trailing slash.</param>
/// <param name="identity">The identity that the root must have; null to accept any.</param>
internal sealed class LocalRoot(string path, string? identity)
{
    // Every value is unique, so that a folder that is removed and recreated during a flush is not mistaken for the flushed one.
    private readonly ConcurrentDictionary<string, object> _unflushedFolders = new(StringComparer.Ordinal);
    private volatile FileStamp? _checkedStamp;

    /// <summary>Absolute path without a trailing slash.</summary>
    public string Path { get; } = path;

    /// <summary>The identity that the root must have; null to accept any.</summary>
    public string? Identity { get; } = identity;

    /// <summary>
    /// Checks that the root still has its identity. This is a single stat call while the file is unchanged; the file is read again
    /// if it is another one, for example after a remount.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if it has another identity or
    /// none.</exception>
    public void CheckIdentity()
    {
        if (Identity is null)
        {
            return;
        }
        try
        {
            if (_checkedStamp is { } seen && Posix.FindStamp(IdentityFile.PathIn(Path)) == seen)
            {
                return;
            }
            if (IdentityFile.Read(Path) is not var (id, stamp))
            {
                throw CreateIdentityMissing();
            }
            if (id != Identity)
            {
                throw CreateIdentityMismatch($"it has the identity {id} instead of {Identity}.");
            }
            _checkedStamp = stamp;
        }
        catch (InvalidDataException e)
        {
            throw CreateIdentityMismatch(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CreateIdentityMismatch(e.Message);
        }
    }

    /// <summary>Opens one of its folders. Links are not followed, because their targets are not part of the destination.</summary>
    /// <param name="folder">Path relative to the root; empty for the root itself.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="IOException">The path is a link, or cannot be opened.</exception>
    public LocalFolder OpenFolder(string folder) => new(Open(folder, isFolder: true));

    /// <summary>Opens one of its files for reading, without following links.</summary>
    /// <param name="file">Path relative to the root.</param>
    public SafeFileHandle OpenFile(string file) => Open(file, isFolder: false);

    /// <summary>
    /// Creates a folder and its missing parents, and remembers that their names are not on disk yet. Never creates the root.
    /// </summary>
    /// <param name="folder">Path relative to the root.</param>
    /// <exception cref="DirectoryNotFoundException">
    /// The root is gone, or another upload has removed a parent folder meanwhile.
    /// </exception>
    public void EnsureFolder(string folder)
    {
        try
        {
            OpenFolder(folder).Dispose();
            return;
        }
        catch (DirectoryNotFoundException) when (folder.Length > 0)
        {
            // created below. A missing root means an unmounted disk: nothing is ever written to the folder underneath.
        }

        var above = ParentOf(folder);
        EnsureFolder(above);
        using var at = OpenFolder(above);
        _unflushedFolders[folder] = new();
        Posix.CreateFolder(at.PathOf(NameOf(folder)));
    }

    /// <summary>
    /// Removes the empty folders above a file that were created for it, or for another upload that has already failed.
    /// </summary>
    /// <param name="file">Path of the file relative to the root.</param>
    public void RemoveEmpty(string file)
    {
        for (var folder = ParentOf(file); folder.Length > 0 && _unflushedFolders.ContainsKey(folder); folder = ParentOf(folder))
        {
            try
            {
                using var at = OpenFolder(ParentOf(folder));
                if (!Posix.RemoveFolder(at.PathOf(NameOf(folder))))
                {
                    break; // another upload uses it
                }
                _unflushedFolders.TryRemove(folder, out _);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                break; // its parent is gone, or is no longer a folder
            }
        }
    }

    /// <summary>
    /// Flushes the names of files: the folder of each file, and its parents that were created and not flushed yet, whichever upload
    /// created them.
    /// </summary>
    /// <exception cref="IOException">A folder could not be flushed, or is now on another device.</exception>
    public void FlushNames(IReadOnlyList<LocalUpload> uploads)
    {
        var made = FindUnflushedFolders(uploads);
        var folders = uploads.Select(u => (u.Folder, u.Device)).Concat(made.Select(m => (ParentOf(m.Folder.Key), m.Device)));
        foreach (var (folder, device) in folders.Distinct())
        {
            Flush(folder, device);
        }
        foreach (var (folder, _) in made)
        {
            _unflushedFolders.TryRemove(folder);
        }
    }

    /// <summary>Flushes the name of a file, and those of its parent folders that were created and not flushed yet.</summary>
    /// <exception cref="IOException">A folder could not be flushed.</exception>
    public void FlushName(string file)
    {
        var made = new List<KeyValuePair<string, object>>();
        for (var folder = ParentOf(file); ; folder = ParentOf(folder))
        {
            using (var opened = OpenFolder(folder))
            {
                Posix.FlushFolder(opened.Handle, $"{Path}/{folder}");
            }
            if (folder.Length == 0 || !_unflushedFolders.TryGetValue(folder, out var value))
            {
                break;
            }
            made.Add(new(folder, value));
        }
        foreach (var folder in made)
        {
            _unflushedFolders.TryRemove(folder);
        }
    }

    /// <summary>Flushes the names of many files at once.</summary>
    /// <param name="uploads">The files.</param>
    /// <param name="folders">One folder on each file system that contains them.</param>
    public void FlushNames(IReadOnlyList<LocalUpload> uploads, IEnumerable<LocalFolder> folders)
    {
        var made = FindUnflushedFolders(uploads);
        foreach (var folder in folders)
        {
            Posix.FlushFileSystem(folder.Handle);
        }
        foreach (var (folder, _) in made)
        {
            _unflushedFolders.TryRemove(folder);
        }
    }

    /// <summary>The folder of a path; empty for the root.</summary>
    internal static string ParentOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    /// <summary>The last component of a path.</summary>
    internal static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private SafeFileHandle Open(string path, bool isFolder)
    {
        try
        {
            using var root = Posix.OpenFolder(Path); // links in the path of the root itself are the operator's choice
            return Posix.OpenBeneath(root, path, isFolder);
        }
        catch (IOException e) when (e.HResult == Errno.NotFound && isFolder)
        {
            throw new DirectoryNotFoundException($"'{Path}/{path}' does not exist.", e);
        }
        catch (IOException e) when (e.HResult == Errno.Denied)
        {
            throw new UnauthorizedAccessException($"'{Path}/{path}' cannot be opened.", e);
        }
        catch (IOException e) when (e.HResult is Errno.TooManyLinks or Errno.NotFolder && isFolder)
        {
            throw new IOException($"'{Path}/{path}' is not a folder: links in a destination are not followed.", e.HResult);
        }
    }

    // The parent folders of these files that were created and whose names have not been flushed since.
    private List<(KeyValuePair<string, object> Folder, DeviceStamp Device)> FindUnflushedFolders(IReadOnlyList<LocalUpload> uploads)
    {
        var found = new List<(KeyValuePair<string, object>, DeviceStamp)>();
        if (_unflushedFolders.IsEmpty)
        {
            return found;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var upload in uploads)
        {
            for (var folder = upload.Folder; folder.Length > 0 && seen.Add(folder); folder = ParentOf(folder))
            {
                if (_unflushedFolders.TryGetValue(folder, out var made))
                {
                    found.Add((new(folder, made), upload.Device));
                }
            }
        }

        return found;
    }

    private void Flush(string folder, DeviceStamp device)
    {
        using var opened = OpenFolder(folder);
        if (Posix.StampOf(opened.Handle).Device != device)
        {
            throw new IOException($"'{Path}/{folder}' was remounted while it was written to.");
        }
        Posix.FlushFolder(opened.Handle, $"{Path}/{folder}");
    }

    private HoldfastException CreateIdentityMissing() =>
        CreateIdentityMismatch(Directory.Exists(Path) ? $"'{DestinationIdentity.FileName}' is missing in it." : "it does not exist.");

    private HoldfastException CreateIdentityMismatch(string why) =>
        new(
            ErrorCatalog.DestinationIdentity,
            $"'{Path}' is not the destination that was defined: {why}",
            "Mount the right disk there. To use this one from now on, initialize it: holdfast destination "
                + "initialize NAME, or the button in Studio. Its backups can be restored by giving their path."
        );
}
