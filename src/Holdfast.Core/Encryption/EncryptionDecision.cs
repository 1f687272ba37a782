using Holdfast.Core.Tasks;

namespace Holdfast.Core.Encryption;

/// <summary>How an archive is encrypted, and why; decided for the type of archive that is actually made.</summary>
/// <param name="Mode">How the archive is protected.</param>
/// <param name="Reason">The reason, for the operator.</param>
/// <param name="IsWarning">True if the operator gave a key that is not used.</param>
public sealed record EncryptionDecision(ArchiveEncryption Mode, string Reason, bool IsWarning = false)
{
    /// <summary>
    /// Decides how an archive is encrypted. A snapshot made instead of a logical backup is encrypted as the logical backup would have been,
    /// regardless of <paramref name="encryptSnapshots"/>: a request for an encrypted backup never yields plaintext pages.
    /// </summary>
    /// <param name="databaseEncrypted">Whether the database itself is encrypted.</param>
    /// <param name="requested">The type of archive that was requested.</param>
    /// <param name="made">The type of archive that is actually made, after any fallback.</param>
    /// <param name="keyGiven">Whether the operator gave a key or recipients.</param>
    /// <param name="encryptSnapshots">Whether the given key also encrypts snapshots of unencrypted databases.</param>
    public static EncryptionDecision Decide(
        bool databaseEncrypted,
        BackupType requested,
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
            (false, BackupType.Snapshot) when keyGiven && !encryptSnapshots && requested == BackupType.Snapshot => new(
                ArchiveEncryption.None,
                "snapshots of unencrypted databases are not encrypted unless encryptSnapshots is on",
                true
            ),
            _ when keyGiven => new(ArchiveEncryption.Given, "as given"),
            _ => new(ArchiveEncryption.None, "no key given"),
        };
}
