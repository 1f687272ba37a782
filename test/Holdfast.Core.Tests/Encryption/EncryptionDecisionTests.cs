using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Encryption;

/// <summary>The table that says what an archive is encrypted with, every row and column of it.</summary>
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
    public void The_archive_that_is_made_decides_and_a_key_that_is_not_used_is_told(
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
    public void EncryptSnapshots_changes_nothing_but_snapshots_of_unencrypted_databases_for_which_a_key_is_given(
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
    public void A_snapshot_in_place_of_a_logical_backup_is_encrypted_as_that_one_would_have_been(bool encryptSnapshots)
    {
        foreach (var keyGiven in (bool[])[true, false])
        {
            var asked = EncryptionDecision.Decide(false, BackupType.Backup, BackupType.Backup, keyGiven, encryptSnapshots);
            Assert.Equal(asked, EncryptionDecision.Decide(false, BackupType.Backup, BackupType.Snapshot, keyGiven, encryptSnapshots));
        }
    }
}
