using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>A file that is being written as <c>….partial</c>, locked while its writer lives.</summary>
internal sealed class LocalUpload : IUpload
{
    private const long WritingStep = 16 << 20;

    private readonly LocalDestination _destination;
    private readonly FileStream _file;
    private long _written;
    private long _begun;
    private bool _done;

    private LocalUpload(LocalDestination destination, string path, FileStream file, IReadOnlyList<string> newFolders)
    {
        (_destination, _file, Path, NewFolders) = (destination, file, path, newFolders);
        FullPath = destination.FullPath(path);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Where it will be, from the root of the file system.</summary>
    public string FullPath { get; }

    /// <summary>Folders that were made for it, outermost first.</summary>
    public IReadOnlyList<string> NewFolders { get; }

    private string PartialPath => FullPath + ArchiveName.PartialEnding;

    /// <summary>Makes the folders and the partial file. A folder that another upload takes away meanwhile counts as a taken name.</summary>
    public static LocalUpload Begin(LocalDestination destination, string path)
    {
        var full = destination.FullPath(path);
        var newFolders = new List<string>();
        for (var folder = System.IO.Path.GetDirectoryName(full)!; !Directory.Exists(folder); folder = System.IO.Path.GetDirectoryName(folder)!)
        {
            // A root that is gone is a disk that is not mounted: never write to what lies beneath it.
            if (folder == destination.Name) throw new DirectoryNotFoundException($"'{folder}' is not there.");
            newFolders.Insert(0, folder);
        }

        try
        {
            foreach (var folder in newFolders) Posix.MakeFolder(folder);
            if (File.Exists(full)) throw Taken(full);
            return new(destination, path, Create(full), newFolders);
        }
        catch (Exception e)
        {
            RemoveEmpty(newFolders);
            if (e is DirectoryNotFoundException && Directory.Exists(destination.Name)) throw Taken(full);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _file.Write(bytes.Span); // to the page cache: faster than handing it to another thread
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, _destination.Name);
        }

        _written += bytes.Length;
        if (_written - _begun < WritingStep) return ValueTask.CompletedTask;
        Posix.BeginWriting(_file.SafeFileHandle, _begun, _written - _begun);
        _begun = _written;
        return ValueTask.CompletedTask;
    }

    /// <summary>Flushes the contents to disk.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    /// <summary>Gives the file its name; it is on disk only after its folder is flushed.</summary>
    public void Rename()
    {
        if (!Posix.RenameNew(PartialPath, FullPath)) throw Taken(FullPath);
        _done = true;
        _file.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_done) return ValueTask.CompletedTask;
        _done = true;
        try
        {
            File.Delete(PartialPath); // before the lock goes, so that nobody takes it for a leftover
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The destination is gone or read-only, which whoever wrote has been told; the next run that finds the file removes it.
        }

        _file.Dispose();
        RemoveEmpty(NewFolders);
        return ValueTask.CompletedTask;
    }

    private static FileStream Create(string full)
    {
        try
        {
            var file = new FileStream(full + ArchiveName.PartialEnding, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            if (Posix.HasName(file.SafeFileHandle)) return file;
            // Between making it and locking it another run took it for a leftover. From now on the lock keeps it.
            file.Dispose();
            throw Taken(full);
        }
        catch (IOException e) when (e.HResult is Errno.Again or Errno.Exists)
        {
            throw Taken(full);
        }
    }

    private static void RemoveEmpty(IReadOnlyList<string> newFolders)
    {
        for (var i = newFolders.Count - 1; i >= 0; i--)
        {
            try
            {
                Directory.Delete(newFolders[i]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                break; // another upload is in it, or it is gone
            }
        }
    }

    private static HoldfastException Taken(string path) => new(ErrorCatalogue.TargetExists, $"'{path}' exists already.", "Another backup of the same database is under way, or was made in the same second.");
}
