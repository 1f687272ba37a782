using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// Opens the image of a database, trying again where others are in the way. It asks every few milliseconds: SQLite's
/// own busy timeout soon asks only ten
/// times a second, and then a writer that never rests, in rollback mode, keeps readers out for good.
/// </summary>
internal static class LockedImageOpener
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(2);

    /// <summary>Opens it.</summary>
    /// <param name="file">The database.</param>
    /// <param name="isEncrypted">Whether it is encrypted.</param>
    /// <param name="key">Its key, where it is known: it is tried out.</param>
    /// <param name="config">The source.</param>
    /// <param name="tuning">Figures.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.SourceLocked"/> where the locks stay taken, <see cref="ErrorCatalogue.KeyWrong"/>, or it is unreadable.
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
                    ErrorCatalogue.SourceLocked,
                    $"'{file}' stays locked by another process for {tuning.BusyTimeout.TotalSeconds:0.#} s.",
                    "Try again when the other process has ended its transaction."
                );
            }
            await Task.Delay(RetryDelay, time, cancellationToken);
        }
    }

    /// <summary>
    /// Opens it for a snapshot. What only a comparison protects is copied first where it is small and its mode is not
    /// known, so that a change costs another
    /// try; where it is large it is read directly, and a change fails the backup.
    /// </summary>
    /// <exception cref="HoldfastException">As <see cref="OpenAsync"/>, or it changes time and again.</exception>
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
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.SourceConflict && attempt < tuning.MaxColdAttempts)
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
            ErrorCatalogue.SourceUnreadable,
            $"'{file}' was left in the middle of a transaction (its -journal is hot), and rolling that back needs the key.",
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
