using System.Runtime.InteropServices;
using Holdfast.Archive;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Server.Files;

/// <summary>Reads and writes files that contain secrets and that only this user can access.</summary>
public static partial class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int EmptyPath = 0x1000;
    private const uint Basic = 0x7ff;

    /// <summary>Reads a file, if only this user can access it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the file is, for messages, beginning with a capital: <c>Admin token file</c>.</param>
    /// <param name="mostBytes">Maximum size in bytes.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/>, or <see cref="ErrorCatalog.Usage"/> if other users could read or change
    /// it.
    /// </exception>
    public static byte[] Read(string path, string what, int mostBytes)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });

            // Check the open file rather than the path, which could lead to another file a moment later.
            var mode = File.GetUnixFileMode(file.SafeFileHandle);
            if ((mode & ~Owner) != 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"{what} '{path}' has mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}: others could read or change it.",
                    $"chmod 600 '{path}'. If others could have read it, create a new secret."
                );
            }
            var owner = OwnerOf(file.SafeFileHandle);
            if (owner != geteuid())
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"{what} '{path}' belongs to user {owner}, but this is user {geteuid()}.",
                    $"chown {geteuid()} '{path}'"
                );
            }
            if (file.Length > mostBytes)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"{what} '{path}' has {file.Length} bytes; the maximum is {mostBytes}.",
                    "Check that it is the right file."
                );
            }
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalog.NotFound, $"{what} '{path}' does not exist.", "Check its path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"{what} '{path}' cannot be read: {e.Message}",
                "It must be a file that this user can read.",
                e
            );
        }
    }

    /// <summary>Replaces a file atomically, with mode 0600. It is on disk when this returns.</summary>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        var partial = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (
                var file = new FileStream(
                    partial,
                    new FileStreamOptions
                    {
                        Mode = FileMode.CreateNew,
                        Access = FileAccess.Write,
                        BufferSize = 0,
                        UnixCreateMode = Owner,
                    }
                )
            )
            {
                file.Write(contents);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
            FolderFlush.FlushParent(path);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static unsafe uint OwnerOf(SafeFileHandle file)
    {
        var status = stackalloc byte[256];
        byte empty = 0;
        if (statx(file, &empty, EmptyPath, Basic, status) != 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }
        return *(uint*)(status + 20); // stx_uid
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(SafeFileHandle folder, byte* path, int flags, uint mask, byte* status);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
