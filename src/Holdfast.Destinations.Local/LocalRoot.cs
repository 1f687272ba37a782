using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>The root of a local destination: whether it still is the right one, and which of its folders may not be on disk yet.</summary>
/// <param name="path">Its path, without a slash at its end.</param>
/// <param name="identity">The identity that it must have; null where none is asked for.</param>
internal sealed class LocalRoot(string path, string? identity)
{
    // Each value is new, so that a folder which was removed and made again while it was flushed is not taken for the one that was.
    private readonly ConcurrentDictionary<string, object> _unflushedFolders = new(StringComparer.Ordinal);
    private volatile FileStamp? _checkedStamp;

    /// <summary>Its path, without a slash at its end.</summary>
    public string Path { get; } = path;

    /// <summary>The identity that it must have; null where none is asked for.</summary>
    public string? Identity { get; } = identity;

    /// <summary>
    /// Looks whether it still has its identity. One look at the file's state while nothing has changed; the file is
    /// read again when it is another one,
    /// as after a remount.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationIdentity"/> when it has not.</exception>
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

    /// <summary>Opens one of its folders. Links are not followed: what is behind one is no part of a destination.</summary>
    /// <param name="folder">Its path from here; empty for the root itself.</param>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">It is a link, or cannot be opened.</exception>
    public LocalFolder OpenFolder(string folder) => new(Open(folder, isFolder: true));

    /// <summary>Opens one of its files for reading, likewise.</summary>
    /// <param name="file">Its path from here.</param>
    public SafeFileHandle OpenFile(string file) => Open(file, isFolder: false);

    /// <summary>
    /// Makes a folder and those above it where they are not there, and remembers that their names are not on disk yet.
    /// Never the root.
    /// </summary>
    /// <param name="folder">Its path from here.</param>
    /// <exception cref="DirectoryNotFoundException">The root is gone, or another upload has taken a folder away meanwhile.</exception>
    public void EnsureFolder(string folder)
    {
        try
        {
            OpenFolder(folder).Dispose();
            return;
        }
        catch (DirectoryNotFoundException) when (folder.Length > 0)
        {
            // made below; a root that is gone is a disk that is not mounted: nothing is ever written to what lies beneath it
        }

        var above = ParentOf(folder);
        EnsureFolder(above);
        using var at = OpenFolder(above);
        _unflushedFolders[folder] = new();
        Posix.CreateFolder(at.PathOf(NameOf(folder)));
    }

    /// <summary>
    /// Removes the folders above a file that were made for it, or for another upload that has given up before, where
    /// nothing is in them.
    /// </summary>
    /// <param name="file">Path of the file from here.</param>
    public void RemoveEmpty(string file)
    {
        for (var folder = ParentOf(file); folder.Length > 0 && _unflushedFolders.ContainsKey(folder); folder = ParentOf(folder))
        {
            try
            {
                using var at = OpenFolder(ParentOf(folder));
                if (!Posix.RemoveFolder(at.PathOf(NameOf(folder))))
                {
                    break; // another upload is in it
                }
                _unflushedFolders.TryRemove(folder, out _);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                break; // the one above is gone, or is no folder any more
            }
        }
    }

    /// <summary>
    /// Flushes the names of files: of the folder that each is in, and of those above it that were made and not flushed,
    /// whichever upload made them.
    /// </summary>
    /// <exception cref="IOException">One could not be flushed, or lies on another device by now.</exception>
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

    /// <summary>The same, of many files at once.</summary>
    /// <param name="uploads">The files.</param>
    /// <param name="folders">A folder of each file system that they lie on.</param>
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

    /// <summary>The folder that a path lies in; empty for the root.</summary>
    internal static string ParentOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    /// <summary>The last name of a path.</summary>
    internal static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private SafeFileHandle Open(string path, bool isFolder)
    {
        try
        {
            using var root = Posix.OpenFolder(Path); // links in the path of the root itself are the operator's
            return Posix.OpenBeneath(root, path, isFolder);
        }
        catch (IOException e) when (e.HResult == Errno.NotFound && isFolder)
        {
            throw new DirectoryNotFoundException($"'{Path}/{path}' is not there.", e);
        }
        catch (IOException e) when (e.HResult == Errno.Denied)
        {
            throw new UnauthorizedAccessException($"'{Path}/{path}' cannot be opened.", e);
        }
        catch (IOException e) when (e.HResult is Errno.TooManyLinks or Errno.NotFolder && isFolder)
        {
            throw new IOException($"'{Path}/{path}' is no folder: links in a destination are not followed.", e.HResult);
        }
    }

    // The folders above these files that were made and whose names were not flushed since.
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
        CreateIdentityMismatch(Directory.Exists(Path) ? $"'{DestinationIdentity.FileName}' is not in it." : "it is not there.");

    private HoldfastException CreateIdentityMismatch(string why) =>
        new(
            ErrorCatalogue.DestinationIdentity,
            $"'{Path}' is not the destination that was defined: {why}",
            "Mount the right disk there. If this one is to be used from now on, initialize it: holdfast destination "
                + "initialize NAME, or the button in Studio. Its backups can be restored by giving their path."
        );
}
