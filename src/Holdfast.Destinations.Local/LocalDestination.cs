using System.Runtime.CompilerServices;
using Holdfast.Archive;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>A destination in a folder of this machine, possibly a mounted one.</summary>
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

    /// <inheritdoc/>
    public DestinationCapabilities Capabilities { get; } =
        new()
        {
            ConditionalPut = true,
            ConditionalComplete = true,
            Durable = true,
        };

    /// <summary>The root folder.</summary>
    internal LocalRoot Root { get; }

    /// <summary>Opens the folder <paramref name="root"/>, whatever identity it has.</summary>
    /// <param name="root">Its path.</param>
    /// <param name="create">
    /// Whether to create the folder if only its parent exists. A folder that is created gets an identity.
    /// </param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/></exception>
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
                throw new DirectoryNotFoundException($"'{root}' does not exist.");
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

    /// <summary>Opens the folder <paramref name="root"/> if it has the given identity. Creates nothing.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if the root has another identity or
    /// none.</exception>
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
    public async Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken)
    {
        await _publisher.FlushPendingAsync();
        Root.CheckIdentity();
        try
        {
            using var folder = Root.OpenFolder(LocalRoot.ParentOf(Normalize(path)));
            return Entry(folder, LocalRoot.NameOf(path)) is { IsFolder: false } entry ? entry : null;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(Name))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
    }

    /// <inheritdoc/>
    public async Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken)
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
    public async Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested(); // from here on it is too late to cancel
        var files = uploads.Cast<LocalUpload>().ToList();
        await _publisher.PublishAsync(files);
        return [.. files.Select(f => new PublishedFile(f.Path, f.Length, null))];
    }

    /// <inheritdoc/>
    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        Root.CheckIdentity(); // a file of another disk is not the requested one, and an unmounted disk is not a missing file
        return Task.FromResult<IByteSource>(LocalFile.Open(Root, Normalize(path)));
    }

    /// <inheritdoc/>
    public Task<string?> ReplaceAsync(string path, ReadOnlyMemory<byte> content, string? expected, CancellationToken cancellationToken)
    {
        SmallFile.CheckReplaceable(path);
        try
        {
            return Task.FromResult<string?>(LocalReplacement.Run(Root, Normalize(path), content.Span, expected));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
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
                // A call that hung here may have timed out long ago, and the decision been revised.
                cancellationToken.ThrowIfCancellationRequested();
                var file = folder.PathOf(LocalRoot.NameOf(path));
                if (path.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal))
                {
                    DeleteLeftover(file);
                }
                else
                {
                    File.Delete(file); // removes a link itself, not its target
                    if (LocalRoot.NameOf(path).StartsWith(SmallFile.NamePrefix, StringComparison.Ordinal))
                    {
                        DeleteLeftover(file + ArchiveName.PartialSuffix); // of a replacement that was killed
                    }
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
            return Task.CompletedTask; // does not exist
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, Name);
        }
    }

    /// <inheritdoc/>
    public Task<bool> IsOnFileSystemOfAsync(string folder, CancellationToken cancellationToken)
    {
        Root.CheckIdentity();
        try
        {
            return Task.FromResult(
                Posix.FindStamp(Name) is { } root && Posix.FindStamp(folder) is { } other && root.Device.Device == other.Device.Device
            );
        }
        catch (IOException e)
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

    /// <summary>Returns the path unchanged after checking that it is relative and stays below the root.</summary>
    private static string Normalize(string path) =>
        path.Split('/').Any(part => part is "." or "..") || Path.IsPathRooted(path)
            ? throw new ArgumentException($"'{path}' leaves the destination.", nameof(path))
            : path;

    /// <summary>Absolute path of a root without a trailing slash, for comparison with paths below it.</summary>
    internal static string NormalizeRoot(string root) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>Creates a root in an existing folder.</summary>
    internal static void CreateRoot(string root)
    {
        var above = Path.GetDirectoryName(root)!;
        if (!Directory.Exists(above))
        {
            throw new DirectoryNotFoundException($"'{above}' does not exist.");
        }
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Posix.FlushFolder(above);
    }

    private static void DeleteLeftover(string full)
    {
        if (Posix.FindStamp(full) is null)
        {
            return;
        }
        if (Posix.FindStamp(full) is not { IsFile: true })
        {
            File.Delete(full); // a link or a pipe, which nobody is writing
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
        // otherwise its writer has published or discarded it
    }

    // False if it is not empty.
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

    // Null for a file that another run has renamed or removed since the folder was read, and for links, pipes and devices, which
    // are never archives or folders.
    private static DestinationEntry? Entry(LocalFolder folder, string name) =>
        Posix.FindStamp(folder.PathOf(name)) switch
        {
            { IsFolder: true } => new(name, true, 0),
            { IsFile: true } file => new(name, false, (long)file.Size)
            {
                Modified = DateTimeOffset.FromUnixTimeSeconds(file.ChangedSeconds),
            },
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
