using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>A folder of this machine, or one that is mounted there.</summary>
public sealed class LocalDestination : IDestination
{
    private readonly GroupPublisher _publisher;

    private LocalDestination(string root)
    {
        Name = root;
        _publisher = new(root);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Opens the folder <paramref name="root"/>.</summary>
    /// <param name="root">Its path.</param>
    /// <param name="create">Whether to make it where only the folder above it is there.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFailed"/></exception>
    public static LocalDestination Open(string root, bool create)
    {
        root = Path.GetFullPath(root);
        try
        {
            if (!Directory.Exists(root))
            {
                if (!create || !Directory.Exists(Path.GetDirectoryName(root))) throw new DirectoryNotFoundException($"'{(create ? Path.GetDirectoryName(root) : root)}' is not there.");
                Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                Posix.FlushFolder(Path.GetDirectoryName(root)!);
            }

            return new(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, root);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var entry in await Task.FromResult(List(FullPath(folder))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<IUpload>(LocalUpload.Begin(this, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
    }

    /// <inheritdoc/>
    public Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested(); // from here on it is too late
        return _publisher.PublishAsync([.. uploads.Cast<LocalUpload>()]);
    }

    /// <inheritdoc/>
    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) => Task.FromResult<IByteSource>(LocalFile.Open(FullPath(path)));

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        var full = FullPath(path);
        try
        {
            if (path.EndsWith(ArchiveName.PartialEnding, StringComparison.Ordinal)) DeleteLeftover(full);
            else File.Delete(full);
            for (var folder = Path.GetDirectoryName(full)!; folder.Length > Name.Length && RemoveEmpty(folder); folder = Path.GetDirectoryName(folder)!)
            {
            }

            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(Name))
        {
            return Task.CompletedTask; // not there
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
    }

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<long?>(new DriveInfo(Name).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    /// <summary>The path from the root of the file system; stays beneath this destination's root.</summary>
    internal string FullPath(string path)
    {
        if (path.Split('/').Any(part => part is "." or "..") || Path.IsPathRooted(path)) throw new ArgumentException($"'{path}' leaves the destination.", nameof(path));
        return path.Length == 0 ? Name : Path.Combine(Name, path);
    }

    private static void DeleteLeftover(string full)
    {
        try
        {
            // A writer that lives holds the lock, and this throws.
            using var file = new FileStream(full, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            if (Posix.HasName(file.SafeFileHandle)) File.Delete(full); // else its writer gave it up, and the name may be another's by now
        }
        catch (FileNotFoundException)
        {
            // Its writer has published it, or given it up.
        }
    }

    // False where something is in it.
    private static bool RemoveEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true; // another run has removed it
        }
        catch (IOException)
        {
            return false;
        }
    }

    // Null for a file that another run has renamed or removed since the folder was read.
    private static DestinationEntry? Entry(FileSystemInfo found)
    {
        try
        {
            return new(found.Name, found is DirectoryInfo, found is FileInfo file ? file.Length : 0);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private List<DestinationEntry> List(string folder)
    {
        try
        {
            var entries = new DirectoryInfo(folder).EnumerateFileSystemInfos().Select(Entry).OfType<DestinationEntry>().ToList();
            entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            return entries;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(Name))
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
    }
}
