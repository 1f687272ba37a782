using Holdfast.Core.Tasks;

namespace Holdfast.Core.Encryption;

/// <summary>What one archive is encrypted with, and why; decided by the archive that is really made.</summary>
/// <param name="Mode">What protects the archive.</param>
/// <param name="Reason">Why, in words for the operator.</param>
/// <param name="IsWarning">True where the operator gave a key and it is not used.</param>
public sealed record EncryptionDecision(ArchiveEncryption Mode, string Reason, bool IsWarning = false)
{
    /// <summary>
    /// The table of the design's section 10. It is for what was asked for: a snapshot that is made in place of a
    /// logical backup is encrypted exactly as
    /// that one would have been, whatever <paramref name="encryptSnapshots"/> says. Nobody who asked for an encrypted
    /// backup gets pages in clear instead.
    /// </summary>
    /// <param name="databaseEncrypted">The database itself is encrypted.</param>
    /// <param name="asked">The type of archive that was asked for.</param>
    /// <param name="made">The type of archive that is made, after any fallback.</param>
    /// <param name="keyGiven">The operator gave a key or recipients.</param>
    /// <param name="encryptSnapshots">Whether the given key also encrypts snapshots of unencrypted databases.</param>
    public static EncryptionDecision Decide(
        bool databaseEncrypted,
        BackupType asked,
        BackupType made,
        bool keyGiven,
        bool encryptSnapshots
    ) =>
        (databaseEncrypted, made) switch
        {
            (true, BackupType.Snapshot) => new(
                ArchiveEncryption.DatabasePages,
                "the pages are encrypted with the database's key",
                keyGiven
            ),
            (true, _) => new(
                ArchiveEncryption.DatabaseKey,
                keyGiven
                    ? "the database is encrypted, so its own key is used and the given one is ignored"
                    : "the database is encrypted, so its own key is used",
                keyGiven
            ),
            (false, BackupType.Snapshot) when keyGiven && !encryptSnapshots && asked == BackupType.Snapshot => new(
                ArchiveEncryption.None,
                "snapshots of unencrypted databases are not encrypted unless encryptSnapshots is on",
                true
            ),
            _ when keyGiven => new(ArchiveEncryption.Given, "as given"),
            _ => new(ArchiveEncryption.None, "no key given"),
        };
}
