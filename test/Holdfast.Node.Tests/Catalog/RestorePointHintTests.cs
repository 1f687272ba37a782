using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>The file for other servers saves requests when restore points are listed, and decides nothing.</summary>
public sealed class RestorePointHintTests : BucketNode
{
    [Theory]
    [InlineData("destination:bucket", 2)]
    [InlineData("destination:bucket/fake", 2)]
    [InlineData("destination:bucket/fake/a", 1)]
    [InlineData("fake/a", 1)]
    public async Task Restore_points_are_listed_without_opening_them(string from, int folders)
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var (hinted, requests) = await ListAsync(from);
        Assert.Equal(folders, requests);
        Assert.Equal(3 * folders, hinted.Count);
        Assert.All(hinted, p => Assert.NotNull(p.Hint));
        DeleteHints();
        var (opened, more) = await ListAsync(from);
        Assert.Equal((3 * folders) + (from == "fake/a" ? 1 : 0), more); // the listing of a database alone does not show the file
        Assert.All(opened, p => Assert.NotNull(p.Header));
        Assert.Equal(opened.Select(Describe), hinted.Select(Describe));
    }

    [Theory]
    [InlineData("destination:bucket")]
    [InlineData("fake/a")]
    public async Task A_folder_without_the_file_costs_no_request_for_it_or_one(string from)
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        DeleteHints();
        Store.ResetRequests();
        await ListAsync(from);
        // The listing of a whole destination shows that the file does not exist.
        Assert.Equal(from == "fake/a" ? 1 : 0, Store.Requests.Count(r => IsHint(r.Key)));
    }

    [Fact]
    public async Task Of_an_encrypted_chain_one_archive_says_which_keys_open_it()
    {
        await CoverAsync("bucket");
        await BackUpEncryptedAsync(BackupKind.Full);
        await BackUpEncryptedAsync(BackupKind.Incremental);
        await BackUpEncryptedAsync(BackupKind.Incremental);
        foreach (var (keys, isKnown) in ((AgeKeys, bool)[])[(AgeKeys.None, false), (AgeKeys.None.Add(Key), true)])
        {
            var (points, requests) = await ListAsync("destination:bucket", keys);
            Assert.Equal(2, requests);
            Assert.Equal(3, points.Count);
            Assert.All(points, p => Assert.Equal(points[0].Needs!.KeyIds, p.Needs!.KeyIds));
            Assert.NotEmpty(points[0].Needs!.KeyIds);
            Assert.Equal(isKnown, points.TrueForAll(p => p.Id is not null));
        }
        var (others, all) = await ListAsync("destination:bucket", AgeKeys.None.Add(AgeIdentity.Generate()));
        Assert.Equal(4, all); // no key opens the ids, so that each archive is tried
        Assert.All(others, p => Assert.Null(p.Id));
        var opened = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries.Select(e => e.Archive.Id).Reverse();
        Assert.Equal(opened, (await ListAsync("destination:bucket", AgeKeys.None.Add(Key))).Points.Select(p => p.Id));
    }

    [Fact]
    public async Task An_archive_with_another_length_is_opened()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var before = (await ListAsync("destination:bucket")).Points;
        await ChangeAsync("a", c =>
            c with
            {
                Archives = [c.Archives[0] with { Length = c.Archives[0].Length + 1 }, .. c.Archives.Skip(1)],
            }
        );
        var (points, requests) = await ListAsync("destination:bucket");
        Assert.Equal(3, requests);
        Assert.Equal(before.Select(Describe), points.Select(Describe));
        Assert.Single(points, p => p.Header is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>log in</html>")]
    [InlineData("{\"format\":1,\"chains\":[null]}")]
    [InlineData("{\"format\":2}")]
    [InlineData("{\"format\":1,\"chains\":[]}")]
    public async Task A_file_that_cannot_be_used_changes_nothing(string content)
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var before = (await ListAsync("destination:bucket")).Points;
        await WriteAsync("a", Encoding.UTF8.GetBytes(content));
        var (points, requests) = await ListAsync("destination:bucket");
        Assert.Equal(5, requests);
        Assert.Equal(before.Select(Describe), points.Select(Describe));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_changes_nothing()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var before = (await ListAsync("destination:bucket")).Points;
        Store.Fault = r => IsHint(r.Key) ? S3Fault.Error(403, "AccessDenied") : null;
        Assert.Equal(before.Select(Describe), (await ListAsync("destination:bucket")).Points.Select(Describe));
    }

    [Fact]
    public async Task What_the_file_invents_does_not_appear_and_what_it_omits_does_not_disappear()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var before = (await ListAsync("destination:bucket")).Points;
        await ChangeAsync("a", c =>
            c with
            {
                Archives = [c.Archives[0], new("2030-01-01-00-00-00.incremental-backup.tar.zst", 100, null, null, null)],
                Ids = c.Ids! with
                {
                    Archives = [c.Ids.Archives[0], c.Ids.Archives[1] with { Name = "2030-01-01-00-00-00.incremental-backup.tar.zst" }],
                },
            }
        );
        Assert.Equal(before.Select(Describe), (await ListAsync("destination:bucket")).Points.Select(Describe));
        foreach (var point in before)
        {
            Assert.Equal(point.Archive.Path, (await SelectAsync("destination:bucket", point.Id!)).Archive.Path);
        }
    }

    [Fact]
    public async Task A_restore_point_is_found_by_its_id_without_opening_those_of_other_databases()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var wanted = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[1].Archive;
        Store.ResetRequests();
        Assert.Equal(wanted.Name, (await SelectAsync("destination:bucket", wanted.Id!)).Archive.Name.ToString());
        Assert.DoesNotContain(Store.Requests, r => r.Key.StartsWith("bucket/fake/b/", StringComparison.Ordinal) && !IsHint(r.Key));
        DeleteHints();
        Assert.Equal(wanted.Name, (await SelectAsync("destination:bucket", wanted.Id!)).Archive.Name.ToString());
    }

    [Fact]
    public async Task A_restore_point_is_found_by_its_time_without_opening_any()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        Store.ResetRequests();
        var newest = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[^1].Archive;
        Assert.Equal(newest.Name, (await SelectAsync("destination:bucket", newest.Name[..19])).Archive.Name.ToString());
        Assert.DoesNotContain(Store.Requests, r => r.Operation == S3Operation.GetObject);
    }

    [Theory]
    [InlineData("exchanged")]
    [InlineData("of another database")]
    [InlineData("claimed by two databases")]
    [InlineData("claimed by one database alone")]
    [InlineData("of no archive")]
    public async Task Forged_ids_never_change_what_is_selected(string what)
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        var (a, b) = (Node.Catalog.ChainsOf(new("fake", "a")).Single(), Node.Catalog.ChainsOf(new("fake", "b")).Single());
        var wanted = a.Entries[2].Archive;
        switch (what)
        {
            case "exchanged":
                await ForgeAsync("a", a.Entries[1].Archive.Id!, a.Entries[2].Archive.Id!, a.Entries[0].Archive.Id!);
                break;
            case "of another database":
                await ForgeAsync("a", [.. b.Entries.Select(e => e.Archive.Id!)]);
                await ForgeAsync("b", [.. a.Entries.Select(e => e.Archive.Id!)]);
                break;
            case "claimed by two databases":
                await ForgeAsync("b", [.. a.Entries.Select(e => e.Archive.Id!)]);
                break;
            case "claimed by one database alone":
                await ForgeAsync("a", [.. b.Entries.Select(e => e.Archive.Id!)]);
                break;
            default:
                await ForgeAsync("a", [.. a.Entries.Select((_, i) => new string("abc"[i], 32))]);
                await Assert.ThrowsAsync<HoldfastException>(() => SelectAsync("destination:bucket", new string('a', 32)));
                break;
        }
        var found = await SelectAsync("destination:bucket", wanted.Id!);
        Assert.Equal($"{a.Path}/{wanted.Name}", found.Archive.Path);
        Assert.Equal(wanted.Id, found.Header!.Id);
        found = await SelectAsync("fake/a", wanted.Id!);
        Assert.Equal($"{a.Path}/{wanted.Name}", found.Archive.Path);
        await RestoresAsync();
    }

    [Fact]
    public async Task The_file_of_a_folder_that_was_copied_elsewhere_says_nothing_there()
    {
        await CoverAsync("bucket");
        await ThreeAsync("a");
        foreach (var key in Keys("bucket/fake/a/"))
        {
            Store.Bucket().Objects[key.Replace("/a/", "/c/", StringComparison.Ordinal)] = Store.Bucket().Objects[key];
        }
        var (points, requests) = await ListAsync("destination:bucket");
        Assert.Equal(3 + 3, requests); // the files of three folders, and the archives of the copied one
        Assert.All(points.Where(p => p.Chain.Path.StartsWith("fake/c/", StringComparison.Ordinal)), p => Assert.NotNull(p.Header));
        var id = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[2].Archive.Id!;
        var error = await Assert.ThrowsAsync<HoldfastException>(() => SelectAsync("destination:bucket", id));
        Assert.Contains("is a restore point of 2 databases", error.Message, StringComparison.Ordinal);
    }

    private static bool IsHint(string key) => key.EndsWith(SharedCatalog.FileName, StringComparison.Ordinal);

    private static (string, string?, string?, string?) Describe(RestorePoint point) =>
        (point.Archive.Path, point.Id, point.Parent, point.Database);

    private void DeleteHints() => Delete(Keys("bucket/").Where(IsHint));

    // The restore points, and how many reads they cost.
    private async Task<(List<RestorePoint> Points, int Reads)> ListAsync(string from, AgeKeys? keys = null)
    {
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token); // so that opening it costs nothing below
        Store.ResetRequests();
        var found = await Node.Backups.FindAsync(from, Token);
        await using var opened = found.Destination;
        var points = await RestorePointFinder.ListAsync(found, keys ?? AgeKeys.None, Token).ToListAsync(Token);
        return (points, Store.Requests.Where(r => r.Operation == S3Operation.GetObject).Select(r => r.Key).Distinct().Count());
    }

    private async Task<RestorePoint> SelectAsync(string from, string wanted)
    {
        var found = await Node.Backups.FindAsync(from, Token);
        await using var opened = found.Destination;
        return await RestorePointFinder.FindAsync(found, wanted, AgeKeys.None, Token);
    }

    private Task ForgeAsync(string database, params string[] ids) =>
        ChangeAsync(database, c =>
            c with
            {
                Ids = c.Ids! with { Archives = [.. c.Ids.Archives.Zip(ids, (archive, id) => archive with { Id = id })] },
            }
        );

    private async Task ChangeAsync(string database, Func<SharedChain, SharedChain> change)
    {
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token);
        var (content, _) = (await SharedCatalog.FindAsync(destination, $"fake/{database}", Token))!.Value;
        await WriteAsync(database, SharedCatalogFormat.Write(content with { Chains = [.. content.Chains.Select(change)] }));
    }

    private async Task WriteAsync(string database, byte[] content)
    {
        await using var destination = await Node.Destinations.OpenAsync("bucket", Token);
        await destination.ReplaceAsync(SharedCatalog.PathOf(new("fake", database)), content, null, Token);
    }
}
