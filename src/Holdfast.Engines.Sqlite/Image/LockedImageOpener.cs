using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Opens the image of a database, with retries while other processes hold conflicting locks. It retries every few
/// milliseconds: SQLite's own busy timeout soon retries only ten times a second, and then a busy writer in rollback
/// mode keeps readers out forever.
/// </summary>
internal static class LockedImageOpener
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(2);

    /// <summary>Opens the image.</summary>
    /// <param name="file">The database.</param>
    /// <param name="isEncrypted">Whether it is encrypted.</param>
    /// <param name="key">Its key if known; it is verified.</param>
    /// <param name="config">Configuration of the source.</param>
    /// <param name="tuning">Tuning values.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.SourceLocked"/> if the locks are not released in time,
    /// <see cref="ErrorCatalog.KeyWrong"/>, or the database cannot be read.
    /// </exception>
    public static async Task<(LockedImage Image, long HeldSince)> OpenAsync(
        DatabaseFile file,
        bool isEncrypted,
        DatabaseKey? key,
        SqliteSourceConfig config,
        SqliteTuning tuning,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var heldSince = time.GetTimestamp();
            var (image, hasHotJournal) = await LockedImage.TryOpenAsync(file, time, cancellationToken);
            if (image is not null)
            {
                if (key is not null && isEncrypted)
                {
                    VerifyKey(image, key, config.SpoolFolder);
                }
                return (image, heldSince);
            }

            if (hasHotJournal)
            {
                if (isEncrypted && key is null)
                {
                    throw NeedsKey(file);
                }
                SourceConnection.RollBack(file, key);
            }

            if (time.GetElapsedTime(start) > tuning.BusyTimeout)
            {
                throw new HoldfastException(
                    ErrorCatalog.SourceLocked,
                    $"'{file}' has been locked by another process for more than {tuning.BusyTimeout.TotalSeconds:0.#} s.",
                    "Try again after the other process has ended its transaction."
                );
            }
            await Task.Delay(RetryDelay, time, cancellationToken);
        }
    }

    /// <summary>
    /// Opens the image for a snapshot. An image that is protected only by comparison is copied first if it is small and
    /// its journal mode is not known, so that a change costs only another attempt; a large one is read directly, and a
    /// change fails the backup.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// As for <see cref="OpenAsync"/>, or the database changes in every attempt.
    /// </exception>
    public static async Task<PinnedImage> OpenSpooledAsync(
        DatabaseFile file,
        bool isEncrypted,
        DatabaseKey? key,
        SqliteSourceConfig config,
        SqliteTuning tuning,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var (image, heldSince) = await OpenAsync(file, isEncrypted, key, config, tuning, time, cancellationToken);
            var spooled = new SpooledImage(image, SpoolPolicy.For(image, config, tuning), heldSince, time);
            if (image.IsProtectedByLocks || !isEncrypted || image.Length > tuning.MaxColdCopy)
            {
                return spooled;
            }
            try
            {
                spooled.SpoolNow();
                return spooled;
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.SourceConflict && attempt < tuning.MaxColdAttempts)
            {
                spooled.Dispose();
            }
            catch
            {
                spooled.Dispose();
                throw;
            }
        }
    }

    private static HoldfastException NeedsKey(DatabaseFile file) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"'{file}' has an unfinished transaction (a hot journal), and rolling it back needs the key.",
            "Open the database once with its application, or give the database's key."
        );

    private static void VerifyKey(LockedImage image, DatabaseKey key, string spoolFolder)
    {
        try
        {
            var (pageSize, isWal) = KeyVerifier.Verify(image, key, spoolFolder);
            image.ApplyDecryptedHeader(pageSize, isWal);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }
}
