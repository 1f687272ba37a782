namespace Holdfast.Engines.Sqlite.Image;

/// <summary>How long an image may be held, and what happens then.</summary>
/// <param name="Budget">Longest hold; the time for the copy is included where the copy is mandatory.</param>
/// <param name="CopyRate">Speed that the copy is reckoned with, in bytes per second.</param>
/// <param name="Folder">Folder of spool files.</param>
/// <param name="IsMandatory">
/// Whether the backup fails where the copy has no room. If not, the copy is made only where it fits into half of the
/// free space, and otherwise the hold goes on.
/// </param>
internal sealed record SpoolPolicy(TimeSpan Budget, double CopyRate, string Folder, bool IsMandatory)
{
    /// <summary>The policy for an image: writers that wait are let go in time, a log that grows only if that costs little.</summary>
    public static SpoolPolicy For(PinnedImage image, SqliteSourceConfig config, SqliteTuning tuning) =>
        image.BlocksWriters
            ? new(config.MaxWriterWait, tuning.CopyRate, config.SpoolFolder, true)
            : new(
                image is LockedImage { IsProtectedByLocks: false } ? tuning.MaxColdRead : tuning.MaxReadMark,
                tuning.CopyRate,
                config.SpoolFolder,
                false
            );
}
