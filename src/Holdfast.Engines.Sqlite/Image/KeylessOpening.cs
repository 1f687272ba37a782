using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Opens the image of an encrypted database without its key, trying again where others are in the way.</summary>
internal static class KeylessOpening
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Opens it. What only a comparison protects is copied first where it is small, so that a change costs another try; where it is large it is read
    /// directly, and a change fails the backup.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceLocked"/> where the locks stay taken, or it changes time and again.</exception>
    public static async Task<HeldImage> OpenAsync(string path, SqliteSourceConfig config, SqliteTuning tuning, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (image, heldSince) = await WaitAsync(path, tuning, time, cancellationToken);
            var spooled = new SpooledImage(image, SpoolPolicy.For(image, config, tuning), heldSince, time);
            if (image.IsHot || image.Length > tuning.MaxColdCopy) return spooled;
            try
            {
                spooled.SpoolNow();
                return spooled;
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.SourceLocked && attempt < tuning.ColdTries)
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

    private static async Task<(KeylessImage Image, long HeldSince)> WaitAsync(string path, SqliteTuning tuning, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var heldSince = time.GetTimestamp();
            if (await KeylessImage.TryOpenAsync(path, time, cancellationToken) is { } image) return (image, heldSince);
            if (time.GetElapsedTime(start) > tuning.BusyTimeout)
                throw new HoldfastException(ErrorCatalogue.SourceLocked, $"'{path}' stays locked by another process for {tuning.BusyTimeout.TotalSeconds:0.#} s.", "Try again when the other process has ended its transaction.");
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
