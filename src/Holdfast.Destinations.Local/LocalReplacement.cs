using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>
/// Replaces a small file by renaming a complete one over it. The lock of the partial file makes sure that no other process replaces it
/// between the comparison of its version and the renaming.
/// </summary>
internal static class LocalReplacement
{
    /// <summary>Replaces or creates the file, and flushes it.</summary>
    /// <param name="root">The root.</param>
    /// <param name="path">Path of the file relative to the root.</param>
    /// <param name="content">The new content.</param>
    /// <param name="expected">As for <see cref="IDestination.ReplaceAsync"/>.</param>
    /// <returns>The new version.</returns>
    public static string Run(LocalRoot root, string path, ReadOnlySpan<byte> content, string? expected)
    {
        root.CheckIdentity();
        root.EnsureFolder(LocalRoot.ParentOf(path));
        using var folder = root.OpenFolder(LocalRoot.ParentOf(path));
        var file = folder.PathOf(LocalRoot.NameOf(path));
        var partial = file + ArchiveName.PartialSuffix;
        using (var written = Create(partial) ?? throw CreateConflict(root, path))
        {
            try
            {
                if (expected is not null && VersionOf(file) != expected)
                {
                    throw CreateConflict(root, path);
                }
                written.Write(content);
                written.Flush(flushToDisk: true);
                File.Move(partial, file, overwrite: true);
            }
            catch
            {
                File.Delete(partial); // before its lock is released
                throw;
            }
        }
        root.FlushName(path);
        return DestinationTree.VersionOf(content);
    }

    // Null if another process is replacing the file.
    private static FileStream? Create(string partial)
    {
        if (LocalUpload.TryCreate(partial) is { } file)
        {
            return file;
        }
        using var leftover = OwnerLock.TryAcquire(partial);
        if (leftover is null)
        {
            return null;
        }
        File.Delete(partial);
        return LocalUpload.TryCreate(partial);
    }

    private static string VersionOf(string file)
    {
        if (Posix.FindStamp(file) is null)
        {
            return SmallFile.Absent;
        }
        using var handle = Posix.OpenNoFollow(file);
        var bytes = new byte[RandomAccess.GetLength(handle)];
        var length = 0;
        for (int read; length < bytes.Length && (read = RandomAccess.Read(handle, bytes.AsSpan(length), length)) > 0; )
        {
            length += read;
        }
        return DestinationTree.VersionOf(bytes.AsSpan(0, length));
    }

    private static HoldfastException CreateConflict(LocalRoot root, string path) =>
        new(ErrorCatalog.Conflict, $"'{root.Path}/{path}' has been replaced by another program since it was read.", "Read it again.");
}
