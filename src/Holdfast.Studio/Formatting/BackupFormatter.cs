using System.Globalization;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Formatting;

/// <summary>Archives and chains in words.</summary>
public static class BackupFormatter
{
    /// <summary>What protects an archive.</summary>
    public static string Encryption(ArchiveEncryption mode) =>
        mode switch
        {
            ArchiveEncryption.Given => "encrypted with the key of its task",
            ArchiveEncryption.DatabaseKey => "encrypted with the database's own key",
            ArchiveEncryption.DatabasePages => "pages encrypted with the database's own key",
            _ => "not encrypted",
        };

    /// <summary>The moment of a restore point, to the second, as file names have it.</summary>
    public static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>What an archive is, as the API names it.</summary>
    public static string Kind(string kind) =>
        kind switch
        {
            "FullBackup" => "Full",
            "Snapshot" => "Full",
            "EncryptedSnapshot" => "Full, pages encrypted",
            _ => "Incremental",
        };

    /// <summary>Whether an archive begins a chain.</summary>
    public static bool IsFull(string kind) => kind != "IncrementalBackup";

    /// <summary>The type of a chain; unknown where its folder does not tell.</summary>
    public static string Type(BackupType? type) => type is { } known ? TaskFormatter.Type(known) : "unknown";
}
