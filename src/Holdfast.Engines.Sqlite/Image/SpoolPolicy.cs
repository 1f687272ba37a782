namespace Holdfast.Engines.Sqlite.Image;

/// <summary>How long an image may stay pinned, and what happens after that.</summary>
/// <param name="Budget">Maximum time of the pin; includes the time for the copy if the copy is mandatory.</param>
/// <param name="CopyRate">Assumed speed of copying, in bytes per second.</param>
/// <param name="Folder">Folder of spool files.</param>
/// <param name="IsMandatory">
/// Whether the backup fails if there is no room for the copy. If not, the copy is made only if it fits into half of the
/// free space, and otherwise the pin continues.
/// </param>
internal sealed record SpoolPolicy(TimeSpan Budget, double CopyRate, string Folder, bool IsMandatory)
{
    /// <summary>
    /// Returns the policy for an image: waiting writers are released in time; a growing log is released only if the
    /// copy is cheap.
    /// </summary>
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
