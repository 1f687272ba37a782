using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>
/// Archives that are given by their path: at a destination they count as those of the destination; elsewhere they must match
/// their names.
/// </summary>
public sealed class PathTests : BackedUpNode
{
    [Theory]
    [InlineData(Kind.FlippedInItsMiddle)]
    [InlineData(Kind.Empty)]
    [InlineData(Kind.ReplacedByAnOlderOne)]
    [InlineData(Kind.ReplacedByAnotherDatabases)]
    public async System.Threading.Tasks.Task Findings_of_a_verification_by_path_count_for_the_destination(Kind kind)
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", kind);
        var verified = await EndedAsync(
            await Node.VerifyAsync(new() { From = $"{Root}/nas/fake/a", Database = new("fake", "a") }, "tester", Token)
        );
        Assert.Equal(OperationState.Failed, verified.State);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
        Assert.Equal(BackupKind.Full, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);
    }

    [Theory]
    [InlineData(Kind.FlippedInItsMiddle, "corrupt")]
    [InlineData(Kind.ReplacedByAnOlderOne, "refused-content")]
    [InlineData(Kind.ReplacedByAnotherDatabases, "chain-incomplete")]
    public async System.Threading.Tasks.Task A_restore_by_path_at_a_destination_is_compared_with_the_catalog(Kind kind, string code)
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        DamageAt("nas", kind);
        Directory.CreateSymbolicLink($"{Root}/way", $"{Root}/nas"); // another path to the same folder
        var restored = await RestoreAsync($"{Root}/way/fake/a");
        Assert.Equal((OperationState.Failed, code), (restored.State, restored.Error!.Code));
        Assert.Equal(
            kind == Kind.ReplacedByAnotherDatabases ? ProtectionState.Covered : ProtectionState.AtRisk,
            Node.Protection.Of(Task).State
        );
    }

    [Fact]
    public async System.Threading.Tasks.Task Archives_elsewhere_must_match_their_names_and_a_single_archive_only_gets_a_warning()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var (mine, others) = (Archives("nas", "a")[0], Archives("nas", "b")[0]);
        Copy($"{Root}/nas", $"{Root}/copy");
        var exchanged = mine.Replace($"{Root}/nas", $"{Root}/copy", StringComparison.Ordinal);
        var chain = Path.GetDirectoryName(exchanged)!;
        File.Copy(others, exchanged, overwrite: true);
        foreach (var incremental in Directory.GetFiles(chain, "*incremental*"))
        {
            File.Delete(incremental);
        }

        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = chain, Database = new("fake", "a") }, "tester", Token));
        Assert.Equal((OperationState.Failed, "refused-content"), (verified.State, verified.Error!.Code));
        var refused = await RestoreAsync(chain);
        Assert.Equal((OperationState.Failed, "refused-content"), (refused.State, refused.Error!.Code));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State); // which says nothing about the destination

        var warned = await RestoreAsync(exchanged);
        Assert.Equal(OperationState.Completed, warned.State);
        Assert.Contains(warned.Result!.Warnings, w => w.Contains("does not match its location", StringComparison.Ordinal));
    }

    [Fact]
    public async System.Threading.Tasks.Task Unrecorded_archives_must_match_their_names()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var (full, newest) = (Archives("nas", "a")[0], Archives("nas", "a")[2]);
        await BackUpAsync("a", BackupKind.Full);
        await StopAsync();
        File.Delete(CatalogFile);
        File.Copy(full, newest.Replace(Path.GetFileName(newest)[..19], "2026-11-25-10-30-00", StringComparison.Ordinal));
        await StartAsync();
        await UntilAsync(() => Node.Sources.Items.Single().IsReady);
        var restored = await RestoreAsync("fake/a");
        Assert.Equal((OperationState.Failed, "refused-content"), (restored.State, restored.Error!.Code));
        Assert.Contains("is not the newest archive of the chain: it was renamed", restored.Error.Message, StringComparison.Ordinal);
        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Equal(OperationState.Failed, verified.State);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_time_is_ambiguous_for_several_databases_and_an_archive_id_is_not()
    {
        await CoverAsync("nas");
        await ThreeAsync("a");
        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            Node.RestoreAsync(
                new()
                {
                    From = "destination:nas",
                    Point = "2026-11-25-10-01-00",
                    Target = new("fake", "again"),
                },
                "tester",
                Token
            )
        );
        Assert.Equal((422, ErrorCatalog.Ambiguous), (refused.Error.HttpStatus, refused.Error));
        Assert.Contains("fake/a, fake/b", refused.Message, StringComparison.Ordinal);
        var id = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[1].Archive.Id;
        var restored = await EndedAsync(
            await Node.RestoreAsync(
                new()
                {
                    From = "destination:nas",
                    Point = id,
                    Target = new("fake", "again"),
                },
                "tester",
                Token
            )
        );
        Assert.Equal(OperationState.Completed, restored.State);
    }

    private async System.Threading.Tasks.Task<Operation> RestoreAsync(string from) =>
        await EndedAsync(await Node.RestoreAsync(new() { From = from, Target = new("fake", "again") }, "tester", Token));

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = $"{to}{file[from.Length..]}";
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
