using System.Globalization;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats archives and chains.</summary>
public static class BackupFormatter
{
    /// <summary>How an archive is encrypted.</summary>
    public static string Encryption(ArchiveEncryption mode) =>
        mode switch
        {
            ArchiveEncryption.Given => "encrypted with the key of the task",
            ArchiveEncryption.DatabaseKey => "encrypted with the key of the database",
            ArchiveEncryption.DatabasePages => "not encrypted; the pages are, with the key of the database",
            _ => "not encrypted",
        };

    /// <summary>The time of a restore point in UTC, to the second, as in file names: <c>2026-11-27 02:00:00</c>.</summary>
    public static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The kind of an archive: full or incremental.</summary>
    public static string Kind(string kind) =>
        kind switch
        {
            "FullBackup" => "Full",
            "Snapshot" => "Full",
            "EncryptedSnapshot" => "Full, pages encrypted",
            _ => "Incremental",
        };

    /// <summary>Whether an archive is the first of its chain.</summary>
    public static bool IsFull(string kind) => kind != "IncrementalBackup";

    /// <summary>The type of a chain; <c>unknown</c> if the name of its folder does not contain it.</summary>
    public static string Type(BackupType? type) => type is { } known ? TaskFormatter.Type(known) : "unknown";
}
