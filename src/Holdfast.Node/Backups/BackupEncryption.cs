using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups;

/// <summary>What the archive and the index of one backup are encrypted with.</summary>
/// <param name="Archive">Null leaves the archive in clear.</param>
/// <param name="Index">Null where the archive is in clear.</param>
/// <param name="Id">Another value means another key; tells nothing of it.</param>
internal sealed record BackupEncryption(AgeProtection? Archive, AgeProtection? Index, string Id)
{
    private const int PassphraseRounds = 600_000; // OWASP's figure of 2023 for PBKDF2-HMAC-SHA256

    /// <summary>The protection that <paramref name="decision"/> asks for.</summary>
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
                        ErrorCatalogue.KeyMissing,
                        $"'{database}' is encrypted and its key is not known.",
                        "Give it with --database-key."
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
        // age allows no other recipient beside a passphrase, so the index goes to the node alone.
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
