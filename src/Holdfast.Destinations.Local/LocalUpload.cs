using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>A file that is being written as <c>….partial</c>, locked while its writer is running.</summary>
internal sealed class LocalUpload : IUpload
{
    private const long WritebackStep = 16 << 20;

    private readonly LocalDestination _destination;
    private readonly FileStream _file;
    private readonly FileStamp _stamp;
    private long _written;
    private long _writebackStarted;
    private bool _done;

    private LocalUpload(LocalDestination destination, string path, FileStream file)
    {
        (_destination, _file, Path) = (destination, file, path);
        _stamp = Posix.StampOf(file.SafeFileHandle);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Number of bytes written.</summary>
    public long Length => _written;

    /// <summary>Folder of the file, relative to the destination's root.</summary>
    public string Folder => LocalRoot.ParentOf(Path);

    /// <summary>The file system that holds the file.</summary>
    public DeviceStamp Device => _stamp.Device;

    private LocalRoot Root => _destination.Root;

    private string Name => LocalRoot.NameOf(Path);

    private string PartialName => Name + ArchiveName.PartialSuffix;

    private string FullPath => $"{_destination.Name}/{Path}";

    /// <summary>
    /// Creates the folders and the partial file. If another upload removes a folder meanwhile, the name counts as taken.
    /// </summary>
    public static LocalUpload Begin(LocalDestination destination, string path)
    {
        var full = $"{destination.Name}/{path}";
        destination.Root.CheckIdentity();
        try
        {
            destination.Root.EnsureFolder(LocalRoot.ParentOf(path));
            using var folder = destination.Root.OpenFolder(LocalRoot.ParentOf(path));
            var name = LocalRoot.NameOf(path);
            if (Posix.FindStamp(folder.PathOf(name)) is not null)
            {
                throw CreatePathTaken(full);
            }
            return new(destination, path, TryCreate(folder.PathOf(name + ArchiveName.PartialSuffix)) ?? throw CreatePathTaken(full));
        }
        catch (Exception e)
        {
            destination.Root.RemoveEmpty(path);
            // .NET reports a file that cannot be created in an open folder that was removed as "not found".
            if (e is (DirectoryNotFoundException or FileNotFoundException) && Directory.Exists(destination.Name))
            {
                throw CreatePathTaken(full);
            }
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
        if (_written - _writebackStarted < WritebackStep)
        {
            return ValueTask.CompletedTask;
        }
        Posix.StartWriteback(_file.SafeFileHandle, _writebackStarted, _written - _writebackStarted);
        _writebackStarted = _written;
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Checks that the path still refers to the written file; after a remount it does not exist or refers to another one.
    /// </summary>
    /// <exception cref="IOException">The path no longer refers to the file.</exception>
    public void CheckLocation()
    {
        using var folder = Root.OpenFolder(Folder);
        CheckLocation(folder);
    }

    /// <summary>Flushes the contents to disk.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    /// <summary>Checks that a flush of the whole file system has written the contents.</summary>
    /// <exception cref="IOException">The contents were not written.</exception>
    public void CheckWritten() => Posix.CheckWritten(_file.SafeFileHandle, FullPath);

    /// <summary>Renames the file to its final name. The name is on disk only after its folder is flushed.</summary>
    public void Rename()
    {
        using var folder = Root.OpenFolder(Folder);
        CheckLocation(folder);
        if (!Posix.RenameNoReplace(folder.PathOf(PartialName), folder.PathOf(Name)))
        {
            throw CreatePathTaken(FullPath);
        }
        _done = true;
        _file.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_done)
        {
            return ValueTask.CompletedTask;
        }
        _done = true;
        try
        {
            using var folder = Root.OpenFolder(Folder);
            File.Delete(folder.PathOf(PartialName)); // before the lock is released, so that it is not taken for a leftover
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The destination is gone or read-only, and the writer already has that error. The next run that finds the file removes
            // it.
        }

        _file.Dispose();
        Root.RemoveEmpty(Path);
        return ValueTask.CompletedTask;
    }

    private void CheckLocation(LocalFolder folder)
    {
        var now = Posix.FindStamp(folder.PathOf(PartialName));
        if (now is null || (now.Device, now.Inode) != (_stamp.Device, _stamp.Inode))
        {
            throw new IOException(
                $"'{FullPath}{ArchiveName.PartialSuffix}' is not what was written: the destination was remounted meanwhile."
            );
        }
    }

    /// <summary>Creates a file that is being written, and locks it.</summary>
    /// <param name="path">Its path, with the suffix of partial files.</param>
    /// <returns>The file; null if it exists, or another process took it for a leftover before it was locked.</returns>
    /// <exception cref="IOException">It cannot be created.</exception>
    internal static FileStream? TryCreate(string path)
    {
        try
        {
            var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Share = FileShare.None,
                    BufferSize = 0,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
            if (OwnerLock.HasName(file.SafeFileHandle, path))
            {
                return file;
            }
            file.Dispose();
            return null;
        }
        catch (IOException e) when (e.HResult is Errno.Again or Errno.Exists)
        {
            return null;
        }
    }

    private static HoldfastException CreatePathTaken(string path) =>
        new(
            ErrorCatalog.TargetExists,
            $"'{path}' already exists.",
            "Another backup of the same database is under way, or was made in the same second."
        );
}
