using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Encryption;

/// <summary>Every row and column of the encryption decision table.</summary>
public sealed class EncryptionDecisionTests
{
    [Theory]
    [InlineData(true, BackupType.Backup, false, ArchiveEncryption.DatabaseKey, false)]
    [InlineData(true, BackupType.Backup, true, ArchiveEncryption.DatabaseKey, true)]
    [InlineData(true, BackupType.Snapshot, false, ArchiveEncryption.DatabasePages, false)]
    [InlineData(true, BackupType.Snapshot, true, ArchiveEncryption.DatabasePages, true)]
    [InlineData(false, BackupType.Backup, false, ArchiveEncryption.None, false)]
    [InlineData(false, BackupType.Backup, true, ArchiveEncryption.Given, false)]
    [InlineData(false, BackupType.Snapshot, false, ArchiveEncryption.None, false)]
    [InlineData(false, BackupType.Snapshot, true, ArchiveEncryption.None, true)]
    public void The_type_that_is_made_decides_and_an_unused_key_is_a_warning(
        bool databaseEncrypted,
        BackupType made,
        bool keyGiven,
        ArchiveEncryption mode,
        bool warned
    )
    {
        var decision = EncryptionDecision.Decide(databaseEncrypted, made, made, keyGiven, encryptSnapshots: false);
        Assert.Equal(mode, decision.Mode);
        Assert.Equal(warned, decision.IsWarning);
        Assert.NotEmpty(decision.Reason);
    }

    [Theory]
    [InlineData(true, BackupType.Backup, false)]
    [InlineData(true, BackupType.Backup, true)]
    [InlineData(true, BackupType.Snapshot, false)]
    [InlineData(true, BackupType.Snapshot, true)]
    [InlineData(false, BackupType.Backup, false)]
    [InlineData(false, BackupType.Backup, true)]
    [InlineData(false, BackupType.Snapshot, false)]
    public void EncryptSnapshots_affects_only_snapshots_of_unencrypted_databases_with_a_given_key(
        bool databaseEncrypted,
        BackupType made,
        bool keyGiven
    ) =>
        Assert.Equal(
            EncryptionDecision.Decide(databaseEncrypted, made, made, keyGiven, encryptSnapshots: false),
            EncryptionDecision.Decide(databaseEncrypted, made, made, keyGiven, encryptSnapshots: true)
        );

    [Fact]
    public void EncryptSnapshots_encrypts_snapshots_of_unencrypted_databases_with_the_given_key()
    {
        var decision = EncryptionDecision.Decide(
            databaseEncrypted: false,
            BackupType.Snapshot,
            BackupType.Snapshot,
            keyGiven: true,
            encryptSnapshots: true
        );
        Assert.Equal(ArchiveEncryption.Given, decision.Mode);
        Assert.False(decision.IsWarning);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_snapshot_instead_of_a_logical_backup_is_encrypted_like_the_logical_backup(bool encryptSnapshots)
    {
        foreach (var keyGiven in (bool[])[true, false])
        {
            var asked = EncryptionDecision.Decide(false, BackupType.Backup, BackupType.Backup, keyGiven, encryptSnapshots);
            Assert.Equal(asked, EncryptionDecision.Decide(false, BackupType.Backup, BackupType.Snapshot, keyGiven, encryptSnapshots));
        }
    }
}
