using System.Globalization;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>Creates change tokens. Equal tokens prove equal contents; different tokens do not prove a difference.</summary>
internal static class ChangeTokens
{
    /// <summary>A younger file may change again without a change of its timestamps.</summary>
    private static readonly TimeSpan TimestampUncertainty = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Creates the token of a snapshot that includes frames of a log. SQLite draws new salts each time the log
    /// restarts; the checksum distinguishes logs that lost their end in a power failure and grew again. The main file
    /// is included because another file may have been copied over it under the same log. A checkpoint changes its
    /// timestamps, and the database is then compared page by page.
    /// </summary>
    public static string ForWal(in WalHeader header, in FileStatus main, ulong fileHeader) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"wal2-{header.Salts:x16}-{header.FrameCount}-{header.FrameChecksum:x16}-{header.PageCount}-{fileHeader:x16}"
        ) + $"-{FormatStatus(main)}";

    /// <summary>
    /// Creates the token of a main file without a log. In rollback mode the change counter counts each commit. In WAL
    /// mode, and if the database is encrypted, only the timestamps show a change, so the result is null while the file
    /// is young.
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
            $"file-{changeCounter?.ToString(CultureInfo.InvariantCulture) ?? "x"}-{pageCount}-{FormatStatus(main)}"
        );
    }

    private static string FormatStatus(in FileStatus main) =>
        string.Create(CultureInfo.InvariantCulture, $"{main.Size}-{main.Modified}-{main.Changed}-{main.Device}-{main.Inode}");
}
