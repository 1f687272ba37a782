using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Verification;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>
/// Each kind of damage to stored archives: it is detected and counts, the chain is not extended, and the copy at another
/// destination is used and repairs it.
/// </summary>
public sealed class DamageTests : BackedUpNode
{
    public static TheoryData<Kind> Kinds => [.. Enum.GetValues<Kind>()];

    public static TheoryData<Kind> KindsOfArchives =>
        [.. Enum.GetValues<Kind>().Where(k => k is not (Kind.IndexRemoved or Kind.IndexDamaged))];

    [Theory]
    [MemberData(nameof(KindsOfArchives))]
    public async System.Threading.Tasks.Task Damage_is_found_and_counts_and_the_next_backup_is_full(Kind kind)
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        DamageAt("nas", kind);

        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Equal(OperationState.Failed, verified.State);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        Node.Alerts.Evaluate();
        Assert.Contains(Node.Alerts.Active, a =>
            a.Kind is AlertKind.BackupDamaged or AlertKind.BackupsMissing && a.Subject is { Database: "fake/a", Destination: "nas" }
        );

        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.Completed, BackupKind.Full), (next.State, next.Result!.Kind));
        Assert.Contains(next.Result.Warnings, w => w.StartsWith("made as full: ", StringComparison.Ordinal));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(BackupKind.Incremental, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);
        await RestoresAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async System.Threading.Tasks.Task Damage_at_one_destination_is_repaired_from_the_other_which_restores_use_meanwhile(Kind kind)
    {
        await CoverAsync("nas", "second");
        await ThreeAsync("a");
        DamageAt("nas", kind);

        var restored = await RestoresAsync();
        var isIndex = kind is Kind.IndexRemoved or Kind.IndexDamaged;
        Assert.Equal(isIndex ? "nas" : "second", restored.Result!.Destinations.Single(d => d.Value is null).Key);
        Assert.Equal(isIndex, !restored.Result.Warnings.Any(w => w.StartsWith("restored from 'second': ", StringComparison.Ordinal)));

        await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Equal(isIndex ? ProtectionState.Covered : ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        var next = await BackUpAsync("a", BackupKind.Incremental);
        // A renamed file counts as one that Holdfast did not write: no chain with it is extended.
        Assert.Equal(
            (
                isIndex || kind == Kind.Renamed ? OperationState.Completed : OperationState.CompletedWithErrors,
                kind == Kind.Renamed ? BackupKind.Full : BackupKind.Incremental
            ),
            (next.State, next.Result!.Kind)
        );
        Assert.Equal(
            next.State == OperationState.Completed ? ProtectionState.Covered : ProtectionState.Incomplete,
            Node.Protection.Of(Task).State
        );
        await EndedAsync(Node.Repair(Task.Id));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(Files("second"), Files("nas").Where(f => !f.Contains("-59.incremental", StringComparison.Ordinal)));
        Node.Alerts.Evaluate();
        Assert.Equal(kind == Kind.Renamed, Node.Alerts.Active.Any(a => a.Kind is AlertKind.BackupDamaged or AlertKind.BackupsMissing));
    }

    [Theory]
    [InlineData(Kind.Cut)]
    [InlineData(Kind.Empty)]
    [InlineData(Kind.MiddleRemoved)]
    [InlineData(Kind.FolderRemoved)]
    public async System.Threading.Tasks.Task Problems_that_a_listing_shows_are_found_by_the_next_backup_and_by_the_audit(Kind kind)
    {
        await CoverAsync("nas", "second");
        await ThreeAsync("a");
        DamageAt("nas", kind);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        Node.StartRepairs();
        await UntilAsync(() => Node.Operations.All.Any(o => o is { Kind: OperationKind.Repair, HasEnded: true }));
        Assert.Equal(Files("second"), Files("nas"));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);

        foreach (var destination in (string[])["nas", "second"])
        {
            DamageAt(destination, kind);
        }
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        Node.Alerts.Evaluate();
        Assert.Equal(2, Node.Alerts.Active.Count(a => a.Kind == AlertKind.BackupsMissing));
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, next.Result!.Kind);
        Assert.Contains(next.Result.Warnings, w => w.StartsWith("made as full: ", StringComparison.Ordinal));

        // They are missing nevertheless: the alert stays until an operator acknowledges it.
        Node.Alerts.Evaluate();
        Assert.Equal(2, Node.Alerts.Active.Count(a => a.Kind == AlertKind.BackupsMissing));
        await Node.Catalog.AcknowledgeAsync("nas", null);
        await Node.Catalog.AcknowledgeAsync("second", new("fake", "a"));
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.BackupsMissing);
    }

    [Theory]
    [InlineData(Kind.FolderRemoved, false)]
    [InlineData(Kind.FolderRemoved, true)]
    [InlineData(Kind.MiddleRemoved, false)]
    [InlineData(Kind.MiddleRemoved, true)]
    [InlineData(Kind.Cut, false)]
    public async System.Threading.Tasks.Task Listing_or_restoring_missing_backups_records_them_at_once(Kind kind, bool isRestored)
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", kind);
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        if (!isRestored)
        {
            await (await Node.Backups.SearchAsync("fake/a", Token)).DisposeAsync();
        }
        else if (kind == Kind.FolderRemoved)
        {
            await Assert.ThrowsAsync<Core.Errors.HoldfastException>(() =>
                Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token)
            );
        }
        else
        {
            Assert.Equal(
                OperationState.Failed,
                (await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token))).State
            );
        }
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        Node.Alerts.Evaluate();
        Assert.Contains(Node.Alerts.Active, a =>
            a.Kind == AlertKind.BackupsMissing && a.Subject is { Database: "fake/a", Destination: "nas" }
        );
    }

    [Fact]
    public async System.Threading.Tasks.Task Damage_that_a_restore_finds_is_recorded_without_a_verification()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var newest = Archives("nas", "a")[2];
        var chain = Path.GetRelativePath($"{Root}/nas", Path.GetDirectoryName(newest)!);
        Assert.Null(Node.VerificationHistory.Find("nas", chain));
        DamageAt("nas", Kind.FlippedInItsMiddle);
        var restored = await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
        Assert.Equal(OperationState.Failed, restored.State);
        var check = Node.VerificationHistory.Find("nas", chain)!;
        Assert.Equal(Path.GetFileName(newest), Assert.Single(check.Problems).Key);
        Assert.Null(check.Through); // nothing is known about the others
        Assert.Equal(Time.GetUtcNow(), check.At);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_missing_newest_restore_point_is_not_silently_replaced_by_an_older_one()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var newest = Archives("nas", "a")[2];
        File.Delete(newest);
        var restored = await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
        Assert.Equal((OperationState.Failed, "chain-incomplete"), (restored.State, restored.Error!.Code));
        Assert.Contains(Path.GetFileName(Archives("nas", "a")[1])[..19], restored.Error.Hint, StringComparison.Ordinal);
        var older = await EndedAsync(
            await Node.RestoreAsync(
                new()
                {
                    From = "fake/a",
                    Point = Path.GetFileName(Archives("nas", "a")[1])[..19],
                    Target = new("fake", "again"),
                },
                "tester",
                Token
            )
        );
        Assert.Equal(OperationState.Completed, older.State);
    }

    [Fact]
    public async System.Threading.Tasks.Task Chains_are_verified_automatically_at_their_interval()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var template = Node.State.Templates.Find("0123456789")!.Value;
        await Node.State.Templates.PutAsync(
            template.Id,
            template with
            {
                Settings = template.Settings with { VerifyEveryDays = 7 },
            },
            null,
            Token
        );
        await UntilAsync(() => Task.Settings.VerifyEveryDays == 7);
        Assert.Equal(2, Node.VerificationScheduler.GetDue().Count);
        Time.Advance(VerificationScheduler.CheckInterval);
        await UntilAsync(() => Node.Operations.All.Count(o => o is { Kind: OperationKind.Verify, State: OperationState.Completed }) == 2);
        Assert.Empty(Node.VerificationScheduler.GetDue());
        Assert.All(Node.Catalog.ChainsOf(new("fake", "a")).SelectMany(c => c.Entries), e => Assert.NotNull(e.CopyAt("nas")!.Verified));
        Time.Advance(TimeSpan.FromDays(7));
        await UntilAsync(() => Node.Operations.All.Count(o => o is { Kind: OperationKind.Verify, State: OperationState.Completed }) == 4);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_successful_verification_records_an_unknown_archive()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        foreach (var chain in Node.Catalog.ChainsOf(new("fake", "a")))
        {
            await Node.Catalog.ForgetAsync("nas", chain.Path);
        }
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        // The state knows the newest one.
        Assert.Equal([false, false, true], Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => e.Archive.IsRecorded));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Equal(OperationState.Completed, verified.State);
        Assert.All(Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries, e => Assert.True(e.Archive.IsRecorded));
        Assert.Equal(Node.StatusOf(Task.Id).Head!.Sha256, Node.Catalog.NewestOf(new("fake", "a"), Task.Id)!.Entries[^1].Archive.Sha256);
    }
}
