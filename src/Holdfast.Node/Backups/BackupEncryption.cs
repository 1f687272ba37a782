using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups;

/// <summary>The encryption of the archive and index of one backup.</summary>
/// <param name="Archive">Null for an unencrypted archive.</param>
/// <param name="Index">Null if the archive is unencrypted.</param>
/// <param name="Id">Identifies the keys without revealing them: another id means other keys.</param>
internal sealed record BackupEncryption(AgeProtection? Archive, AgeProtection? Index, string Id)
{
    private const int PassphraseRounds = 600_000; // OWASP's figure of 2023 for PBKDF2-HMAC-SHA256

    /// <summary>Creates the encryption that <paramref name="decision"/> requires.</summary>
    public static BackupEncryption Create(EncryptionDecision decision, BackupOptions options, DatabaseId database, DatabaseKey? databaseKey)
    {
        var node = options.NodeKey.Recipient;
        return decision.Mode switch
        {
            ArchiveEncryption.None => new(null, null, "none"),
            ArchiveEncryption.DatabasePages => new(null, null, "pages"),
            ArchiveEncryption.Given => new(
                options.Encryption!,
                AgeProtection.ToRecipients([.. options.Encryption!.Recipients, node]),
                KeyIds(options.Encryption!.Recipients)
            ),
            _ => ForDatabaseKey(
                databaseKey
                    ?? throw new HoldfastException(
                        ErrorCatalog.KeyMissing,
                        $"'{database}' is encrypted and its key is not known.",
                        "Pass it with --database-key."
                    ),
                database,
                node
            ),
        };
    }

    private static BackupEncryption ForDatabaseKey(DatabaseKey key, DatabaseId database, AgeRecipient node)
    {
        var archive = AgeProtection.From(key);
        if (key.Raw is not null)
        {
            return new(archive, AgeProtection.ToRecipients([.. archive.Recipients, node]), KeyIds(archive.Recipients));
        }
        // age allows no other recipient next to a passphrase, so the index is encrypted to the node alone.
        var id = Rfc2898DeriveBytes.Pbkdf2(
            key.Passphrase!,
            SHA256.HashData(Encoding.UTF8.GetBytes(database.ToString())),
            PassphraseRounds,
            HashAlgorithmName.SHA256,
            16
        );
        return new(archive, AgeProtection.ToRecipients([node]), $"passphrase {Convert.ToHexStringLower(id)}");
    }

    private static string KeyIds(IReadOnlyList<AgeRecipient> recipients) =>
        "keys " + string.Join(' ', recipients.Select(r => r.KeyId).Order(StringComparer.Ordinal));
}
