using System.Runtime.CompilerServices;
using Holdfast.Archive;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>A folder of this machine, or one that is mounted there.</summary>
public sealed class LocalDestination : IDestination
{
    private readonly GroupPublisher _publisher;

    private LocalDestination(string root, string? identity, bool isWritten)
    {
        Root = new(root, identity);
        _publisher = new(Root, isWritten);
    }

    /// <inheritdoc/>
    public string Name => Root.Path;

    /// <inheritdoc/>
    public string? Identity => Root.Identity;

    /// <summary>The root.</summary>
    internal LocalRoot Root { get; }

    /// <summary>Opens the folder <paramref name="root"/>, whatever its identity is.</summary>
    /// <param name="root">Its path.</param>
    /// <param name="create">Whether to make it where only the folder above it is there; one that is made gets an identity.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationFailed"/></exception>
    public static LocalDestination Open(string root, bool create)
    {
        root = NormalizeRoot(root);
        try
        {
            if (Directory.Exists(root))
            {
                return new(root, null, isWritten: create);
            }
            if (!create)
            {
                throw new DirectoryNotFoundException($"'{root}' is not there.");
            }
            CreateRoot(root);
            IdentityFile.Write(root, replace: false);
            return new(root, null, isWritten: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, root);
        }
    }

    /// <summary>Opens the folder <paramref name="root"/> if it has this identity. Nothing is created.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.DestinationIdentity"/> where it has another one, or none.</exception>
    public static LocalDestination OpenWithIdentity(string root, string identity)
    {
        var destination = new LocalDestination(NormalizeRoot(root), identity, isWritten: true);
        destination.Root.CheckIdentity();
        return destination;
    }

    /// <inheritdoc/>
    public Task CheckIdentityAsync(CancellationToken cancellationToken)
    {
        Root.CheckIdentity();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _publisher.FlushPendingAsync();
        foreach (var entry in List(Normalize(folder)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public async Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            _ = Normalize(path);
            await _publisher.FlushPendingAsync();
            return LocalUpload.Begin(this, path);
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
    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        Root.CheckIdentity(); // a file of another disk is not the one that is meant, and one that is not mounted is not one that is gone
        return Task.FromResult<IByteSource>(LocalFile.Open(Root, Normalize(path)));
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        _ = Normalize(path);
        Root.CheckIdentity();
        try
        {
            using (var folder = Root.OpenFolder(LocalRoot.ParentOf(path)))
            {
                cancellationToken.ThrowIfCancellationRequested(); // what stood still here may have been given up long ago, and decided anew
                var file = folder.PathOf(LocalRoot.NameOf(path));
                if (path.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal))
                {
                    DeleteLeftover(file);
                }
                else
                {
                    File.Delete(file); // of a link, itself
                }
            }

            for (var folder = LocalRoot.ParentOf(path); folder.Length > 0 && RemoveEmpty(folder); folder = LocalRoot.ParentOf(folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
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
        Root.CheckIdentity();
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

    /// <summary>The path itself, which is one from the root and stays beneath it.</summary>
    private static string Normalize(string path) =>
        path.Split('/').Any(part => part is "." or "..") || Path.IsPathRooted(path)
            ? throw new ArgumentException($"'{path}' leaves the destination.", nameof(path))
            : path;

    /// <summary>A root's path from the root of the file system, without a slash at its end: what is compared with paths below it.</summary>
    internal static string NormalizeRoot(string root) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>Makes a root in a folder that is there.</summary>
    internal static void CreateRoot(string root)
    {
        var above = Path.GetDirectoryName(root)!;
        if (!Directory.Exists(above))
        {
            throw new DirectoryNotFoundException($"'{above}' is not there.");
        }
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Posix.FlushFolder(above);
    }

    private static void DeleteLeftover(string full)
    {
        if (Posix.FindStamp(full) is not { IsFile: true })
        {
            File.Delete(full); // a link or a pipe: nobody writes it
            return;
        }

        using var held = OwnerLock.TryAcquire(full);
        if (held is not null)
        {
            File.Delete(full);
        }
        else if (Posix.FindStamp(full) is not null)
        {
            throw new IOException($"'{full}' is being written, or its file system has no locks.", Errno.Again);
        }
        // else its writer has published it, or given it up
    }

    // False where something is in it.
    private bool RemoveEmpty(string folder)
    {
        try
        {
            using var above = Root.OpenFolder(LocalRoot.ParentOf(folder));
            return Posix.RemoveFolder(above.PathOf(LocalRoot.NameOf(folder)));
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

    // Null for a file that another run has renamed or removed since the folder was read; and for links, pipes, devices:
    // no archive and no folder is one.
    private static DestinationEntry? Entry(LocalFolder folder, string name) =>
        Posix.FindStamp(folder.PathOf(name)) switch
        {
            { IsFolder: true } => new(name, true, 0),
            { IsFile: true } file => new(name, false, (long)file.Size),
            _ => null,
        };

    private static bool IsIdentity(string name) =>
        name is DestinationIdentity.FileName or DestinationIdentity.FileName + ArchiveName.PartialSuffix;

    private List<DestinationEntry> List(string folder)
    {
        Root.CheckIdentity();
        try
        {
            using var opened = Root.OpenFolder(folder);
            var names = Directory.EnumerateFileSystemEntries(opened.Path).Select(p => Path.GetFileName(p)!);
            var entries = names.Select(n => Entry(opened, n)).OfType<DestinationEntry>().ToList();
            if (folder.Length == 0)
            {
                entries.RemoveAll(e => IsIdentity(e.Name));
            }
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
