using System.Globalization;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Identifies a directory: by the identity file in its root, and more weakly by its location.</summary>
internal static class SourceIdentity
{
    private const int MaxLength = 200;

    /// <summary>Reads the identity file; null if there is none.</summary>
    public static string? Read(string root)
    {
        var path = PathIn(root);
        if (FileStatus.Get(path) is not { IsRegular: true })
        {
            return null;
        }
        try
        {
            using var file = Posix.OpenRegular(path);
            var bytes = new byte[MaxLength];
            var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0)).Trim();
            return text.Length == 0 ? null : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' cannot be read: {e.Message}",
                "Give this user read permission.",
                e
            );
        }
    }

    /// <summary>
    /// Writes the identity file durably. Returns false if it cannot be written, or if another process has written one.
    /// </summary>
    public static bool TryWrite(string root, string identity)
    {
        var path = PathIn(root);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Encoding.UTF8.GetBytes(identity + "\n"));
                file.Flush(flushToDisk: true);
            }

            if (!Posix.TryRename(temporary, path))
            {
                if (Read(root) is not null)
                {
                    return false;
                }
                File.Move(temporary, path, overwrite: true); // an empty file, left by a crash of another program
            }

            Posix.FlushFolder(root);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HoldfastException)
        {
            return false; // a read-only directory is identified by its location
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>Returns the location of the directory: its file system, and its inode there.</summary>
    public static string? GetLocation(string root) =>
        FileStatus.Get(root) is { } status
            ? string.Create(CultureInfo.InvariantCulture, $"{Posix.GetFileSystemId(root) ?? 0:x}-{status.Inode:x}")
            : null;

    private static string PathIn(string root) => Path.Combine(root, SideFiles.IdentityFile);

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was never created, or the file system has just been unmounted.
        }
    }
}
