using System.Globalization;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Writes change tokens. Two that are equal mean equal contents for sure; two that differ need not mean a difference.</summary>
internal static class ChangeTokens
{
    /// <summary>A file younger than this may change again without its times showing it.</summary>
    private static readonly TimeSpan TimestampUncertainty = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Of a snapshot that a log with frames is part of. Salts are drawn anew each time the log starts over; the
    /// checksum tells apart logs that
    /// lost their end in a power cut and grew again. The main file is part of it too: another may have been copied over
    /// it under the same log. A checkpoint
    /// changes its times, and the database is then compared page by page.
    /// </summary>
    public static string ForWal(in WalHeader header, in FileStatus main, ulong fileHeader) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"wal2-{header.Salts:x16}-{header.FrameCount}-{header.FrameChecksum:x16}-{header.PageCount}-{fileHeader:x16}-{main.Size}-{main.Modified}-{main.Changed}-{main.Device}-{main.Inode}"
        );

    /// <summary>
    /// Of a main file alone. In rollback mode its change counter counts each commit; in WAL mode (and where it is
    /// encrypted) only the file's
    /// times tell, so while it is young the answer is null.
    /// </summary>
    public static string? ForFile(in FileStatus main, uint? changeCounter, bool counterIsReliable, long pageCount, TimeProvider time)
    {
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        if (!counterIsReliable && now - Math.Max(main.Modified, main.Changed) < TimestampUncertainty.Ticks * 100)
        {
            return null;
        }
        return string.Create(
            CultureInfo.InvariantCulture,
            $"file-{changeCounter?.ToString(CultureInfo.InvariantCulture) ?? "x"}-{pageCount}-{main.Size}-{main.Modified}-{main.Changed}-{main.Device}-{main.Inode}"
        );
    }
}
