using System.Text;
using Holdfast.Core.Alerts;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>The daily audit of whole destinations.</summary>
public sealed class DestinationAuditTests : BucketNode
{
    [Fact]
    public async Task A_destination_that_is_as_recorded_costs_one_listing_and_a_read_for_each_database()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        Store.ResetRequests();
        await CompareAsync();
        Assert.Equal(1, Store.Count(S3Operation.ListObjects));
        Assert.Equal(2, Store.Count(S3Operation.GetObject));
        Assert.Equal(3, Store.Requests.Count);
        Assert.Empty(Node.Audit.ForeignFiles);
    }

    [Theory]
    [InlineData("removed", CopyState.Missing)]
    [InlineData("shorter", CopyState.Missing)]
    [InlineData("longer", CopyState.Missing)]
    [InlineData("index removed", CopyState.WithoutIndex)]
    [InlineData("all removed", CopyState.Missing)]
    public async Task What_is_missing_shorter_or_longer_is_found_by_the_loop(string what, CopyState state)
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var newest = Keys("bucket/fake/a/").Last(k => k.EndsWith(".tar.zst", StringComparison.Ordinal));
        var index = newest.Replace(".tar.zst", ".index", StringComparison.Ordinal);
        var objects = Store.Bucket().Objects;
        switch (what)
        {
            case "removed":
                Delete([newest]);
                break;
            case "all removed":
                Delete(Keys("bucket/fake/a/"));
                break;
            case "index removed":
                Delete([index]);
                break;
            default:
                objects[newest] = objects[what == "shorter" ? "bucket/.holdfast-destination" : "bucket/restore.py"];
                break;
        }
        var name = newest[(newest.LastIndexOf('/') + 1)..];
        Time.Advance(CatalogAudit.CheckInterval);
        await UntilAsync(() => Node.Catalog.ChainsOf(new("fake", "a")).Single().Find(name)!.CopyAt("bucket")!.State == state);
        Assert.Equal(CopyState.Whole, Node.Catalog.ChainsOf(new("fake", "b")).Single().Entries[^1].CopyAt("bucket")!.State);
    }

    [Fact]
    public async Task Files_of_others_among_the_archives_raise_an_alert_until_they_are_gone()
    {
        await CoverAsync("bucket", "disk");
        await ThreeAsync("a");
        var chain = Path.GetDirectoryName(Keys("bucket/fake/a/").Last(k => k.EndsWith(".index", StringComparison.Ordinal)))!;
        Store.Bucket().Objects[$"{chain}/virus.exe"] = Store.Bucket().Objects["bucket/restore.py"];
        Store.Bucket().Objects["bucket/other/of/somebody/else"] = Store.Bucket().Objects["bucket/restore.py"];
        await CompareAsync();
        var found = Assert.Single(Node.Audit.ForeignFiles);
        Assert.Equal(("bucket", 1), (found.Destination, found.Count));
        Assert.EndsWith("virus.exe", found.Example, StringComparison.Ordinal);
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(3));
            return Node.Alerts.Active.Any(a => a.Kind == AlertKind.ForeignFiles && a.Subject.Destination == "bucket");
        });
        Delete([$"{chain}/virus.exe"]);
        Time.Advance(CatalogAudit.Interval);
        await CompareAsync();
        Assert.Empty(Node.Audit.ForeignFiles);
    }

    [Theory]
    [InlineData("bucket", "gone")]
    [InlineData("bucket", "damaged")]
    [InlineData("bucket", "wrong")]
    [InlineData("bucket", "newer")]
    [InlineData("disk", "gone")]
    [InlineData("disk", "damaged")]
    public async Task A_file_for_other_servers_that_is_missing_damaged_or_wrong_is_written_again(string destination, string what)
    {
        await CoverAsync(destination);
        await ThreeAsync("a");
        await using var opened = await Node.Destinations.OpenAsync(destination, Token);
        var path = SharedCatalog.PathOf(new("fake", "a"));
        var content = what switch
        {
            "damaged" => "<html>",
            "wrong" => "{\"format\":1,\"chains\":[]}",
            "newer" => "{\"format\":2}",
            _ => null,
        };
        if (content is null)
        {
            await opened.DeleteAsync(path, Token);
        }
        else
        {
            await opened.ReplaceAsync(path, Encoding.UTF8.GetBytes(content), null, Token);
        }
        await CompareAsync();
        if (what == "newer")
        {
            Assert.Null(await SharedCatalog.FindAsync(opened, "fake/a", Token));
            return;
        }
        var shared = (await SharedCatalog.FindAsync(opened, "fake/a", Token))!.Value.Content;
        Assert.Equal(3, shared.Chains.Single().Archives.Count);
    }

    private Task CompareAsync() => Node.Audit.CompareDestinationsAsync(() => { }, Token);
}
