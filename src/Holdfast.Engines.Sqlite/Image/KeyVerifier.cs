using Holdfast.Archive;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Restore;
using Microsoft.Win32.SafeHandles;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Tests whether a key opens an encrypted database, on a copy of its first pages: the database itself is not opened.
/// </summary>
internal static class KeyVerifier
{
    private const int MaxPageSize = 65536;

    /// <summary>Returns what the decrypted header says.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.KeyWrong"/>.</exception>
    public static (int PageSize, bool IsWal) Verify(LockedImage image, DatabaseKey key, string spoolFolder)
    {
        var path = Path.Combine(spoolFolder, $"{SideFiles.SpoolPrefix}{Guid.NewGuid():n}");
        SafeFileHandle? ownerLock = null;
        try
        {
            ownerLock = OwnerLock.AcquireNew(path + OrphanedFiles.LockEnding); // marks the copy as in use
            using (var file = PrivateFile.Create(path, FileShare.None))
            {
                var pages = Math.Min(image.PageCount, Math.Max(1, MaxPageSize / image.PageSize));
                var bytes = new byte[pages * image.PageSize];
                image.Read(0, bytes);
                RandomAccess.Write(file.SafeFileHandle, bytes, 0);
                // sparse: SQLite refuses a file that is shorter than its header says
                RandomAccess.SetLength(file.SafeFileHandle, image.Length);
            }

            using var connection = SqliteConnection.Open(path, OpenReadWrite, key, displayPath: image.FilePath);
            SourceConnection.BeginRead(connection, key);
            return ((int)connection.QueryInt64("PRAGMA page_size"), SourceConnection.IsWal(connection));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The spool folder '{spoolFolder}' cannot be used: {e.Message}",
                "Set spoolFolder to a folder with free space that this user can write to.",
                e
            );
        }
        finally
        {
            if (ownerLock is not null)
            {
                foreach (var ending in (string[])["", "-journal", "-wal", "-shm", OrphanedFiles.LockEnding])
                {
                    OrphanedFiles.RemoveFile(path + ending);
                }
                ownerLock.Dispose();
            }
        }
    }
}
