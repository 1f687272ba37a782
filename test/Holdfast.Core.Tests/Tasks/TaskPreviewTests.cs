using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Tasks;

/// <summary>Preview of a template before it is saved.</summary>
public sealed class TaskPreviewTests
{
    private static readonly Template Snapshots = Template(BackupType.Snapshot);
    private static readonly Template Logical = Template(BackupType.Backup);

    [Fact]
    public void The_summary_counts_covered_databases_by_type_and_excluded_ones()
    {
        var databases = Enumerable
            .Range(0, 400)
            .Select(i => Database($"shop/{i}"))
            .Concat(Enumerable.Range(0, 12).Select(i => Database($"crm/{i}", "postgresql")))
            .Concat(Enumerable.Range(0, 3).Select(i => Database($"tmp/{i}")));
        var preview = Preview(Snapshots with { Excluded = ["tmp/*"] }, [.. databases]);
        Assert.Equal("covers 412 databases (400 as snapshot, 12 as logical backup), 3 excluded", preview.Summary);
        Assert.Equal(415, preview.Databases.Count);
        Assert.Equal(3, preview.Databases.Count(d => d.IsExcluded && d.Type is null && d.Encryption is null));
    }

    [Fact]
    public void The_summary_is_correct_for_zero_and_one()
    {
        Assert.Equal("covers no databases", Preview(Snapshots).Summary);
        Assert.Equal("covers 1 database (1 as snapshot)", Preview(Snapshots, Database("shop/a")).Summary);
        Assert.Equal("covers 2 databases (2 as logical backup)", Preview(Logical, Database("shop/a"), Database("shop/b")).Summary);
        Assert.Equal("covers no databases, 1 excluded", Preview(Snapshots with { Excluded = ["**"] }, Database("shop/a")).Summary);
    }

    [Fact]
    public void An_engine_without_snapshots_makes_logical_backups_with_a_reason()
    {
        var database = Assert.Single(Preview(Snapshots, Database("crm/a", "postgresql")).Databases);
        Assert.Equal(BackupType.Backup, database.Type);
        Assert.Contains("postgresql", database.TypeReason, StringComparison.Ordinal);
        Assert.Null(database.Problem);
    }

    [Theory]
    [InlineData("Yes")]
    [InlineData("Maybe")]
    public void An_encrypted_database_without_a_known_key_gets_a_snapshot_instead_of_a_logical_backup(string encryption)
    {
        var database = Assert.Single(Preview(Logical, Database("shop/a", encryption: encryption)).Databases);
        Assert.Equal((BackupType.Snapshot, ArchiveEncryption.DatabasePages), (database.Type, database.Encryption!.Mode));
        Assert.NotNull(database.TypeReason);
        Assert.Null(database.Problem);
    }

    [Fact]
    public void An_encrypted_database_with_a_known_key_gets_the_requested_type()
    {
        var database = Assert.Single(Preview(Logical, Database("shop/a", encryption: "Yes", keyKnown: true)).Databases);
        Assert.Equal(
            (BackupType.Backup, ArchiveEncryption.DatabaseKey, null),
            (database.Type, database.Encryption!.Mode, database.TypeReason)
        );
    }

    [Theory]
    [InlineData(BackupType.Backup)]
    [InlineData(BackupType.Snapshot)]
    public void A_database_that_supports_neither_type_is_a_problem(BackupType type)
    {
        var preview = Preview(Template(type), Database("crm/a", "postgresql", "Yes"), Database("shop/b"));
        Assert.Contains("key", preview.Databases[0].Problem, StringComparison.Ordinal);
        Assert.EndsWith(", 1 with a problem", preview.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unreadable_database_is_covered_with_its_problem()
    {
        var (record, known) = Database("shop/a");
        var preview = Preview(Snapshots, (record with { Problem = new("source-unreadable", "It is no database.", null) }, known));
        Assert.Equal("It is no database.", preview.Databases[0].Problem);
        Assert.Equal("covers 1 database (1 as snapshot), 1 with a problem", preview.Summary);
    }

    [Fact]
    public void A_key_not_used_for_snapshots_of_unencrypted_databases_is_a_warning()
    {
        var given = Snapshots with { Settings = Snapshots.Settings with { Encryption = new() { Mode = EncryptionMode.Key } } };
        var decision = Assert.Single(Preview(given, Database("shop/a")).Databases).Encryption!;
        Assert.Equal((ArchiveEncryption.None, true), (decision.Mode, decision.IsWarning));
        var with = given with
        {
            Settings = given.Settings with { Encryption = given.Settings.Encryption with { EncryptSnapshots = true } },
        };
        Assert.Equal(ArchiveEncryption.Given, Assert.Single(Preview(with, Database("shop/a")).Databases).Encryption!.Mode);
    }

    [Fact]
    public void Unencrypted_archives_are_counted_with_the_reason()
    {
        var given = Snapshots with
        {
            Settings = Snapshots.Settings with { Encryption = new() { Mode = EncryptionMode.Key } },
            Excluded = ["tmp/*"],
        };
        (DatabaseRecord, bool)[] databases =
        [
            Database("shop/a"),
            Database("shop/b"),
            Database("shop/c", encryption: "Yes"),
            Database("crm/a", "postgresql"),
            Database("tmp/a"),
        ];
        Assert.Equal(
            "2 of 4 databases are stored unencrypted: snapshots of unencrypted databases are not encrypted unless encryptSnapshots is on",
            Preview(given, databases).Unencrypted
        );
        Assert.Equal("1 of 1 database is stored unencrypted: no key given", Preview(Snapshots, databases[0]).Unencrypted);
        Assert.Null(
            Preview(
                given with
                {
                    Settings = given.Settings with { Encryption = given.Settings.Encryption with { EncryptSnapshots = true } },
                },
                databases
            ).Unencrypted
        );
    }

    [Fact]
    public void The_type_that_is_made_decides_the_encryption_of_the_preview()
    {
        var given = Snapshots with
        {
            Settings = Snapshots.Settings with
            {
                Encryption = new() { Mode = EncryptionMode.Recipients, Recipients = ["age1a"] },
            },
        };
        Assert.Equal(ArchiveEncryption.Given, Assert.Single(Preview(given, Database("crm/a", "postgresql")).Databases).Encryption!.Mode);
    }

    [Theory]
    [InlineData(BackupType.Backup, EncryptionMode.None, ArchiveEncryption.None)]
    [InlineData(BackupType.Backup, EncryptionMode.Key, ArchiveEncryption.Given)]
    public void A_snapshot_instead_of_a_logical_backup_is_previewed_with_its_encryption(
        BackupType type,
        EncryptionMode mode,
        ArchiveEncryption made
    )
    {
        var template = Template(type);
        var preview = Preview(
            template with
            {
                Settings = template.Settings with { Encryption = new() { Mode = mode } },
            },
            Database("shop/not-as-sql"),
            Database("shop/b")
        );
        var (instead, other) = (preview.Databases[0], preview.Databases[1]);
        Assert.Equal(
            (BackupType.Snapshot, "its last logical backup became a snapshot: it has rows that break a unique index"),
            (instead.Type, instead.TypeReason)
        );
        Assert.Equal((made, false), (instead.Encryption!.Mode, instead.Encryption.IsWarning));
        Assert.Equal((BackupType.Backup, null), (other.Type, other.TypeReason));
        Assert.Equal("covers 2 databases (1 as snapshot, 1 as logical backup)", preview.Summary);
        Assert.Null(Preview(Snapshots, Database("shop/not-as-sql")).Databases[0].TypeReason);
    }

    [Fact]
    public void A_dropped_database_is_skipped()
    {
        var (record, known) = Database("shop/a");
        Assert.Empty(Preview(Snapshots, (record with { Dropped = DateTimeOffset.UnixEpoch }, known)).Databases);
    }

    private static TaskPreview Preview(Template template, params (DatabaseRecord, bool)[] databases) =>
        TaskPreview.Create(
            template,
            databases,
            engine => engine == "sqlite",
            id => id.Name == "not-as-sql" ? "it has rows that break a unique index" : null
        );

    private static (DatabaseRecord Database, bool KeyKnown) Database(
        string id,
        string engine = "sqlite",
        string encryption = "No",
        bool keyKnown = false
    ) =>
        (
            new()
            {
                Id = DatabaseId.Parse(id),
                Engine = engine,
                FirstSeen = DateTimeOffset.UnixEpoch,
                Encryption = encryption,
            },
            keyKnown
        );

    private static Template Template(BackupType type) =>
        new()
        {
            Id = "aaaaaaaaaa",
            Name = "All",
            Settings = new()
            {
                Type = type,
                FullBackup = "0 2 * * 0",
                Destinations = ["attic"],
            },
            ScheduledSince = DateTimeOffset.UnixEpoch,
        };
}
