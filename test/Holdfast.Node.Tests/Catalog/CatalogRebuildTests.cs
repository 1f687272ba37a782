using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Rebuilding;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>A lost catalog is rebuilt from a destination alone.</summary>
public sealed class CatalogRebuildTests : BucketNode
{
    [Theory]
    [InlineData("bucket", true)]
    [InlineData("bucket", false)]
    [InlineData("disk", false)]
    public async Task A_lost_catalog_is_rebuilt_and_the_next_incremental_continues_the_chain(string destination, bool isShared)
    {
        await CoverAsync(destination);
        await ThreeAsync("a");
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        if (!isShared)
        {
            Delete(Keys("bucket/").Where(k => k.EndsWith(".holdfast-catalog", StringComparison.Ordinal)));
        }
        await LoseCatalogAsync(destination);
        var state = await RebuildAsync(destination);
        Assert.Equal((2, 6, 6, 0), (state.Databases, state.Archives, state.Identified, state.ProblemCount));

        var after = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        Assert.Equal(
            before.Entries.Select(e => (e.Archive.Name, e.Archive.Id, e.Archive.Parent, e.Archive.ManifestSha256)),
            after.Entries.Select(e => (e.Archive.Name, e.Archive.Id, e.Archive.Parent, e.Archive.ManifestSha256))
        );
        Assert.Equal(isShared, after.Entries[0].Archive.Sha256 == before.Entries[0].Archive.Sha256);
        var next = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.Completed, BackupKind.Incremental), (next.State, next.Result!.Kind));
        Assert.Empty(Node.Catalog.CopyProblems);
        await RestoresAsync();
    }

    [Fact]
    public async Task A_verification_after_that_records_the_hashes_and_finds_nothing_damaged()
    {
        await CoverAsync("disk");
        await ThreeAsync("a");
        var before = Node.Catalog.ChainsOf(new("fake", "a")).Single();
        await LoseCatalogAsync("disk");
        await RebuildAsync("disk");
        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Null(verified.Error);
        Assert.Equal(
            before.Entries.Select(e => (e.Archive.Sha256, e.Archive.IndexSha256)),
            Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => (e.Archive.Sha256, e.Archive.IndexSha256))
        );
    }

    [Fact]
    public async Task A_shared_catalog_that_is_damaged_or_wrong_is_a_problem_and_the_listing_wins()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var archive = Keys("bucket/fake/a/").First(k => k.EndsWith("incremental-backup.tar.zst", StringComparison.Ordinal));
        Delete([archive]); // it is still named
        Store.Bucket().Objects["bucket/fake/b/.holdfast-catalog"] = Store.Bucket().Objects[Keys("bucket/fake/b/").Last()];
        await LoseCatalogAsync("bucket");
        var state = await RebuildAsync("bucket");
        Assert.Equal((5, 5), (state.Archives, state.Identified));
        Assert.Contains("is damaged", Assert.Single(state.Problems), StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries, e =>
            archive.EndsWith(e.Archive.Name, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_destination_that_cannot_be_listed_is_an_error()
    {
        await CoverAsync("bucket");
        Store.Fault = r => r.Operation == S3Operation.ListObjects ? S3Fault.Says("<html>log in</html>") : null;
        Node.Rebuilding.Start("bucket", []);
        await UntilAsync(() => Node.Rebuilding.Find("bucket")!.Ended is not null);
        Assert.NotNull(Node.Rebuilding.Find("bucket")!.Error);
    }

    private async Task LoseCatalogAsync(string destination)
    {
        await StopAsync();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(CatalogFile)!, "catalog.db*"))
        {
            File.Delete(file);
        }
        await StartAsync(destination);
    }

    private async Task<CatalogRebuildState> RebuildAsync(string destination)
    {
        Node.Rebuilding.Start(destination, []);
        await UntilAsync(() => Node.Rebuilding.Find(destination)!.Ended is not null);
        var state = Node.Rebuilding.Find(destination)!;
        Assert.Null(state.Error);
        return state;
    }
}
