using Holdfast.Archive;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Restore;
using Microsoft.Win32.SafeHandles;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Tries out whether a key opens an encrypted database, on a copy of its beginning: the database itself is not opened.</summary>
internal static class KeyVerifier
{
    private const int MaxPageSize = 65536;

    /// <summary>What the key shows of the database.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.KeyWrong"/>.</exception>
    public static (int PageSize, bool IsWal) Verify(LockedImage image, DatabaseKey key, string spoolFolder)
    {
        var path = Path.Combine(spoolFolder, $"{SideFiles.SpoolPrefix}{Guid.NewGuid():n}");
        SafeFileHandle? living = null;
        try
        {
            living = OwnerLock.AcquireNew(path + OrphanedFiles.LockEnding); // tells others that the copy is in use
            using (var file = PrivateFile.Create(path, FileShare.None))
            {
                var pages = Math.Min(image.PageCount, Math.Max(1, MaxPageSize / image.PageSize));
                var bytes = new byte[pages * image.PageSize];
                image.Read(0, bytes);
                RandomAccess.Write(file.SafeFileHandle, bytes, 0);
                // a hole: SQLite refuses a file that is shorter than its header says
                RandomAccess.SetLength(file.SafeFileHandle, image.Length);
            }

            using var connection = SqliteConnection.Open(path, OpenReadWrite, key, shownPath: image.FilePath);
            SourceConnection.BeginRead(connection, key);
            return ((int)connection.QueryInt64("PRAGMA page_size"), SourceConnection.IsWal(connection));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                $"The spool folder '{spoolFolder}' cannot be used: {e.Message}",
                "Set spoolFolder to a folder with room that this user may write to.",
                e
            );
        }
        finally
        {
            if (living is not null)
            {
                foreach (var ending in (string[])["", "-journal", "-wal", "-shm", OrphanedFiles.LockEnding])
                {
                    OrphanedFiles.RemoveFile(path + ending);
                }
                living.Dispose();
            }
        }
    }
}
