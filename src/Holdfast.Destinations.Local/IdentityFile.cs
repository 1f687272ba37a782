using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Destinations.Local;

/// <summary>The file that holds the identity of a local root. Symbolic links are not followed.</summary>
internal static class IdentityFile
{
    /// <summary>Path of the file in a root.</summary>
    public static string PathIn(string root) => Path.Combine(root, DestinationIdentity.FileName);

    /// <summary>Reads the file.</summary>
    /// <returns>The identity and the stamp of this version of the file; null if the root has no such file.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> if the file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static (string Id, FileStamp Stamp)? Read(string root)
    {
        var path = PathIn(root);
        try
        {
            using var file = Posix.OpenNoFollow(path);
            var stamp = Posix.StampOf(file);
            if (!stamp.IsFile)
            {
                throw new InvalidDataException($"'{path}' is not a file.");
            }
            var bytes = new byte[DestinationIdentity.MaxBytes + 1];
            var length = 0;
            for (int read; length < bytes.Length && (read = RandomAccess.Read(file, bytes.AsSpan(length), length)) > 0; )
            {
                length += read;
            }
            var id = length > DestinationIdentity.MaxBytes ? null : DestinationIdentity.Read(bytes.AsMemory(0, length));
            return id is null ? throw new InvalidDataException($"'{path}' is damaged.") : (id, stamp);
        }
        catch (IOException e) when (e.HResult is Errno.NotFound or Errno.NotFolder)
        {
            return null;
        }
        catch (IOException e) when (e.HResult == Errno.TooManyLinks)
        {
            throw new InvalidDataException($"'{path}' is a link.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationIdentity,
                $"'{path}' cannot be read: {e.Message}",
                "Check the disk, the mount, and the rights of this user.",
                e
            );
        }
    }

    /// <summary>
    /// Writes a new identity; the file is complete and on disk when this returns. If another process has written one meanwhile,
    /// that one is kept.
    /// </summary>
    /// <param name="root">The root.</param>
    /// <param name="replace">Whether an existing, damaged file is replaced.</param>
    public static void Write(string root, bool replace)
    {
        var path = PathIn(root);
        var partial = path + ArchiveName.PartialSuffix;
        if (Posix.FindStamp(partial) is not null)
        {
            File.Delete(partial); // left by a crash, or a link that would redirect the bytes
        }
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        };
        using (var file = new FileStream(partial, options))
        {
            file.Write(DestinationIdentity.Write(DestinationIdentity.New()));
            file.Flush(flushToDisk: true);
        }

        if (replace)
        {
            File.Move(partial, path, overwrite: true);
        }
        else if (!Posix.RenameNoReplace(partial, path))
        {
            File.Delete(partial);
        }
        Posix.FlushFolder(root);
    }
}
