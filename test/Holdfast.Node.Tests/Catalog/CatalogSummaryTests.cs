using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Node.Catalog;
using Microsoft.Data.Sqlite;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>Known damage is not forgotten when the catalog is lost, a destination gets another name, or a listing shows the file.</summary>
public sealed class CatalogSummaryTests : BackedUpNode
{
    private readonly UnreadableDriver _driver = new();

    protected override ILocalDriver Driver => _driver;

    [Fact]
    public async System.Threading.Tasks.Task Known_damage_is_imported_when_the_catalog_is_recreated()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", Kind.FlippedInItsMiddle);
        await VerifyAsync();
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);

        await StopAsync();
        var bytes = await File.ReadAllBytesAsync(CatalogFile, Token);
        bytes.AsSpan(61, 3).Fill(0xFF); // user_version: an unknown one
        await File.WriteAllBytesAsync(CatalogFile, bytes, Token);
        await StartAsync();
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        Node.Alerts.Evaluate();
        Assert.Contains(Node.Alerts.Active, a => a.Kind == AlertKind.BackupDamaged);
        Assert.Contains(Node.Alerts.Active, a => a.Kind == AlertKind.CatalogDamaged);
        File.Delete($"{CatalogFile}.damaged");
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.CatalogDamaged);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_catalog_that_is_missing_at_the_start_raises_an_alert_if_backups_were_made_before()
    {
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.CatalogDamaged); // a new node has lost nothing
        await CoverAsync("nas");
        await ThreeAsync("a");
        await StopAsync();
        foreach (var file in Directory.GetFiles($"{Root}/state", "catalog.db*"))
        {
            File.Delete(file);
        }
        for (var i = 0; i < 2; i++)
        {
            await StartAsync();
            Node.Alerts.Evaluate();
            Assert.Contains(
                "catalog.db.lost",
                Assert.Single(Node.Alerts.Active, a => a.Kind == AlertKind.CatalogDamaged).Hint,
                StringComparison.Ordinal
            );
            await StopAsync();
        }

        File.Delete($"{CatalogFile}.lost");
        await StartAsync();
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.CatalogDamaged);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_database_whose_destination_was_unavailable_is_audited_again_within_hours()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        Directory.Move($"{Root}/nas", $"{Root}/away");
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Directory.Move($"{Root}/away", $"{Root}/nas");
        File.Delete(Archives("nas", "a")[2]);
        var until = Time.GetUtcNow().AddHours(23);
        await UntilAsync(() =>
        {
            Assert.True(Time.GetUtcNow() < until, "It was not audited in time.");
            Time.Advance(TimeSpan.FromMinutes(1));
            Node.Alerts.Evaluate();
            return Node.Alerts.Active.Any(a => a.Kind == AlertKind.BackupsMissing);
        });
    }

    [Fact]
    public async System.Threading.Tasks.Task A_catalog_file_that_is_removed_while_the_node_runs_raises_an_alert()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        File.Move(CatalogFile, $"{CatalogFile}.away");
        await UntilAsync(() => FindAlert() is not null);
        await VerifyAsync(); // writing to the deleted file does not resolve the alert
        Assert.Contains("is gone", FindAlert()!.Message, StringComparison.Ordinal);
        File.Move($"{CatalogFile}.away", CatalogFile);
        await UntilAsync(() => FindAlert() is null);

        Alert? FindAlert()
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Node.Alerts.Evaluate();
            return Node.Alerts.Active.SingleOrDefault(a => a.Kind == AlertKind.StateNotWritable);
        }
    }

    [Fact]
    public async System.Threading.Tasks.Task A_newest_backup_that_is_lost_together_with_the_catalog_is_missing()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        await StopAsync();
        foreach (var file in Directory.GetFiles($"{Root}/state", "catalog.db*"))
        {
            File.Delete(file);
        }
        File.Delete(Archives("nas", "a")[2]);
        await StartAsync();
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Node.Alerts.Evaluate();
        Assert.Contains(Node.Alerts.Active, a => a.Kind == AlertKind.BackupsMissing);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, next.Result!.Kind);
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task The_next_backup_finds_a_missing_newest_backup_without_an_audit()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        await StopAsync();
        foreach (var file in Directory.GetFiles($"{Root}/state", "catalog.db*"))
        {
            File.Delete(file);
        }
        File.Delete(Archives("nas", "a")[2]);
        await StartAsync();
        Assert.Equal(BackupKind.Full, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);
        Node.Alerts.Evaluate();
        Assert.Contains(Node.Alerts.Active, a => a.Kind == AlertKind.BackupsMissing);
    }

    [Theory]
    [InlineData("nas")]
    [InlineData("vault")]
    public async System.Threading.Tasks.Task A_destination_that_is_deleted_and_defined_again_keeps_its_known_damage(string name)
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", Kind.FlippedInItsMiddle);
        await VerifyAsync();
        await Node.Destinations.DeleteAsync("nas", null, Token);
        await Node.Destinations.PutAsync(
            new()
            {
                Name = name,
                Kind = "local",
                Path = $"{Root}/nas",
            },
            0,
            Token
        );
        var last = Node.Catalog.NewestOf(new("fake", "a"), Task.Id)!.Entries[^1];
        await UntilAsync(() => (last = Node.Catalog.NewestOf(new("fake", "a"), Task.Id)!.Entries[^1]).CopyAt(name) is not null);
        Assert.Equal(CopyState.Damaged, last.CopyAt(name)!.State);
        Assert.Single(last.Copies);
    }

    [Fact]
    public async System.Threading.Tasks.Task Another_notation_of_a_path_is_the_same_root()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", Kind.FlippedInItsMiddle);
        await VerifyAsync();
        await Node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{Root}/x/../nas/",
            },
            null,
            Token
        );
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task Another_root_under_the_same_name_has_no_records_of_the_old_one()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        await Node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{Root}/other",
            },
            null,
            Token
        );
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.BackupsMissing);
        Assert.Empty(Node.Catalog.NewestOf(new("fake", "a"), Task.Id)!.Entries[^1].Copies);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_damaged_archive_that_was_missing_for_a_while_is_still_damaged()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", Kind.FlippedInItsMiddle);
        await VerifyAsync();
        var file = Archives("nas", "a")[2];
        File.Move(file, $"{Root}/aside");
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(CopyState.Missing, Newest().State);
        File.Move($"{Root}/aside", file);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(CopyState.Damaged, Newest().State);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_chain_with_a_name_in_the_future_does_not_hide_problems_of_the_newest_one()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var folder = Path.GetDirectoryName(Archives("nas", "a")[0])!;
        var ahead = $"{Path.GetDirectoryName(folder)}/2099{Path.GetFileName(folder)[4..]}";
        Directory.CreateDirectory(ahead);
        File.Copy(Archives("nas", "a")[0], $"{ahead}/2099{Path.GetFileName(Archives("nas", "a")[0])[4..]}");
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Flip(Archives("nas", "a").First(f => !f.Contains("/2099", StringComparison.Ordinal)), 900);
        await VerifyAsync();
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task Unreadable_bytes_are_damage()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        _driver.Unreadable = Path.GetFileName(Archives("nas", "a")[1]);
        var verified = await VerifyAsync();
        Assert.Equal(OperationState.Failed, verified.State);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        Assert.Equal(BackupKind.Full, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_failure_of_a_whole_destination_marks_no_archive_as_damaged()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        _driver.Failing = Path.GetFileName(Archives("nas", "a")[0]);
        var verified = await VerifyAsync();
        Assert.Equal((OperationState.Failed, ErrorCatalog.DestinationFailed.Code), (verified.State, verified.Error!.Code));
        _driver.Failing = null;
        Assert.All(Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries, e => Assert.Equal(CopyState.Whole, e.CopyAt("nas")!.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async System.Threading.Tasks.Task An_unreadable_index_is_read_at_another_destination_or_the_backup_becomes_full(bool hasSecond)
    {
        await CoverAsync(hasSecond ? ["nas", "second"] : ["nas"]);
        await ThreeAsync("a");
        _driver.Failing = $"nas/{Path.GetRelativePath($"{Root}/nas", IndexOf(Archives("nas", "a")[1]))}";
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.Completed, hasSecond ? BackupKind.Incremental : BackupKind.Full), (next.State, next.Result!.Kind));
    }

    [Fact]
    public async System.Threading.Tasks.Task Differing_copies_of_an_unrecorded_archive_are_not_changed()
    {
        await CoverAsync("nas", "second");
        await ThreeAsync("a");
        foreach (var destination in (string[])["nas", "second"])
        {
            foreach (var chain in Node.Catalog.ChainsOf(new("fake", "a")))
            {
                await Node.Catalog.ForgetAsync(destination, chain.Path);
            }
        }

        var (cut, whole) = (Archives("nas", "a")[1], Archives("second", "a")[1]);
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(cut, Token))[..100], Token);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(100, new FileInfo(cut).Length);
        Assert.NotEqual(100, new FileInfo(whole).Length);
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind is AlertKind.BackupDamaged or AlertKind.BackupsMissing);
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, next.Result!.Kind);
        Assert.Contains(next.Result.Warnings, w => w.Contains("never verified", StringComparison.Ordinal));

        await VerifyAsync(); // which decides which copy is right
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Node.StartRepairs();
        await UntilAsync(() => Node.Operations.All.Any(o => o is { Kind: OperationKind.Repair, HasEnded: true }));
        Assert.Equal(await File.ReadAllBytesAsync(whole, Token), await File.ReadAllBytesAsync(cut, Token));
    }

    [Fact]
    public async System.Threading.Tasks.Task An_unreadable_catalog_is_not_treated_as_empty()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", Kind.FlippedInItsMiddle);
        await VerifyAsync();
        Sql("ALTER TABLE archives RENAME TO elsewhere");
        Assert.Throws<HoldfastException>(() => Node.Catalog.ChainsOf(new("fake", "a")));
        await Assert.ThrowsAsync<HoldfastException>(() => Node.Audit.AuditAsync(new("fake", "a"), Token));
        Assert.Equal(ErrorCatalog.StateUnavailable.Code, (await VerifyAsync()).Error!.Code);
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.Completed, BackupKind.Full), (next.State, next.Result!.Kind));
        Assert.Contains(next.Result.Warnings, w => w.Contains("it is unknown whether the chain is intact", StringComparison.Ordinal));
        Assert.Contains(next.Result.Warnings, w => w.StartsWith("NOT recorded", StringComparison.Ordinal));
        await RestoresAsync();

        Sql("ALTER TABLE elsewhere RENAME TO archives");
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Contains(Node.Catalog.ChainsOf(new("fake", "a")).SelectMany(c => c.Entries), e =>
            e.CopyAt("nas")?.State == CopyState.Damaged
        );
        Assert.Equal(BackupKind.Incremental, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);

        void Sql(string text)
        {
            using var connection = new SqliteConnection($"Data Source={CatalogFile};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = text;
            command.ExecuteNonQuery();
        }
    }

    private CatalogCopy Newest() => Node.Catalog.NewestOf(new("fake", "a"), Task.Id)!.Entries[^1].CopyAt("nas")!;

    private async System.Threading.Tasks.Task<Operation> VerifyAsync() =>
        await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
}
