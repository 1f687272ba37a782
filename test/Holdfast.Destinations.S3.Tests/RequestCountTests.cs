using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>What backups and restores cost in requests, parts and connections.</summary>
public sealed class RequestCountTests : IAsyncLifetime
{
    private S3Stub? _stub;
    private IDestination? _destination;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    private IDestination Destination => _destination!;

    public async ValueTask InitializeAsync()
    {
        _stub = await S3Stub.StartAsync();
        _destination = await StubDestinations.OpenAsync(StubDestinations.Config(_stub, mode: S3Mode.Aws));
        _stub.ResetRequests();
    }

    public async ValueTask DisposeAsync()
    {
        await Destination.DisposeAsync();
        await Stub.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_that_ends_before_it_is_published_costs_nothing()
    {
        await using (var upload = await Destination.BeginUploadAsync("file", Token))
        {
            await upload.WriteAsync(new byte[100_000], Token);
        }
        Assert.Empty(Stub.Requests);
    }

    [Fact]
    public async Task An_index_and_a_small_archive_cost_two_requests()
    {
        await using var index = await Destination.BeginUploadAsync("a.index", UploadHint.Claim, Token);
        await using var archive = await Destination.BeginUploadAsync("a", Token);
        await index.WriteAsync(new byte[100], Token);
        await archive.WriteAsync(new byte[100_000], Token);
        await Destination.PublishAsync([index, archive], Token);
        Assert.Equal(2, Stub.Requests.Count);
    }

    [Fact]
    public async Task An_upload_in_parts_costs_three_requests_besides_its_parts()
    {
        await Destination.PublishAsync("file", Files.Bytes(20_000_000));
        Assert.Equal(3, Stub.Count(S3Operation.UploadPart));
        Assert.Equal(6, Stub.Requests.Count);
    }

    [Fact]
    public async Task Opening_an_archive_and_reading_its_ends_costs_two_requests()
    {
        await Destination.PublishAsync("file", Files.Bytes(20_000_000));
        Stub.ResetRequests();
        await using var file = await Destination.OpenAsync("file", Token);
        await file.ReadAsync(0, new byte[100], Token);
        await file.ReadAsync(5_000, new byte[1000], Token);
        foreach (var back in new[] { 16, 100, 1000, 100_000 })
        {
            var bytes = new byte[16];
            await file.ReadAsync(file.Length - back, bytes, Token);
            Assert.Equal(Files.Bytes(20_000_000)[^back..][..16], bytes);
        }
        Assert.Equal(2, Stub.Requests.Count);
    }

    [Theory]
    [InlineData(true)] // it has no such request
    [InlineData(false)] // it demands an MD5 of the list
    public async Task Failure_17_a_store_without_batch_deletion_is_asked_for_one_only_once(bool isMissing)
    {
        Stub.Options = Stub.Options with { BatchDelete = !isMissing, BatchDeleteNeedsMd5 = true };
        for (var i = 0; i < 3; i++)
        {
            await Destination.PublishAsync("a", [1]);
            await Destination.PublishAsync("b", [1]);
            Assert.Empty(await Destination.DeleteManyAsync(["a", "b"], Token));
            Assert.Empty(await Destination.ListAsync("", Token).ToListAsync(Token));
        }
        Assert.Equal(1, Stub.Count(S3Operation.DeleteObjects));
        Assert.Equal(6, Stub.Count(S3Operation.DeleteObject));
    }

    [Fact]
    public async Task Files_are_deleted_a_thousand_at_a_time()
    {
        var paths = Enumerable.Range(0, 2500).Select(i => $"x/{i:D4}").ToList();
        foreach (var path in paths)
        {
            Stub.Bucket().Objects[$"holdfast/{path}"] = new()
            {
                Content = [],
                ETag = "e",
                Modified = DateTimeOffset.UnixEpoch,
            };
        }
        Assert.Empty(await Destination.DeleteManyAsync(paths, Token));
        Assert.Equal(3, Stub.Count(S3Operation.DeleteObjects));
        Assert.Empty(await Destination.ListAsync("x", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task The_identity_is_read_once_an_hour_rather_than_at_each_call()
    {
        for (var i = 0; i < 5; i++)
        {
            await Destination.CheckIdentityAsync(Token);
            await Destination.PublishAsync($"{i}", [1]);
        }
        Assert.Equal(0, Stub.Count(S3Operation.GetObject));
    }

    [Theory]
    [InlineData(20_000_000, 3)]
    [InlineData(100_000_000, 12)]
    public async Task Failure_7_parts_are_equal_where_the_store_demands_it(int length, int parts)
    {
        Stub.Options = S3StubOptions.R2 with { MaxParts = 20 };
        var config = StubDestinations.Config(Stub) with { MaxParts = 20 };
        await using var destination = await StubDestinations.OpenAsync(config);
        await destination.PublishAsync("file", Files.Bytes(length), new(length));
        Assert.Equal(parts, Stub.Count(S3Operation.UploadPart));
    }

    [Fact]
    public async Task Failure_6_a_file_that_outgrows_its_hint_fails_with_the_figure_where_parts_are_equal()
    {
        Stub.Options = S3StubOptions.R2 with { MaxParts = 3 };
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(Stub) with { MaxParts = 3 });
        var error = await Assert.ThrowsAsync<HoldfastException>(() =>
            destination.PublishAsync("file", Files.Bytes(30_000_000), new(10_000_000))
        );
        Assert.Contains("3 parts of 8 MiB", error.Message, StringComparison.Ordinal);
        Assert.Empty(await destination.ListUnfinishedAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Failure_6_a_file_that_outgrows_its_hint_gets_larger_parts_where_the_store_allows_it()
    {
        Stub.Options = S3StubOptions.Aws with { MaxParts = 4 };
        await using var destination = await StubDestinations.OpenAsync(
            StubDestinations.Config(Stub, mode: S3Mode.Aws) with
            {
                MaxParts = 4,
            }
        );
        await destination.PublishAsync("file", Files.Bytes(60_000_000), new(10_000_000));
        Assert.Equal(Files.Bytes(60_000_000), await destination.ReadAsync("file"));
    }

    [Fact]
    public async Task Failure_6_a_file_that_no_plan_can_hold_is_refused_before_its_first_byte()
    {
        var error = await Assert.ThrowsAsync<HoldfastException>(() => Destination.BeginUploadAsync("file", new(6L << 40), Token));
        Assert.Contains("6,597,069,766,656 bytes", error.Message, StringComparison.Ordinal);
        Assert.Empty(Stub.Requests);
    }

    [Fact]
    public async Task Failure_19_unfinished_uploads_are_listed_with_their_age_and_removed()
    {
        var upload = await Destination.BeginUploadAsync("killed/file", Token);
        await upload.WriteAsync(Files.Bytes(20_000_000), Token);
        var found = Assert.Single(await Destination.ListUnfinishedAsync(Token).ToListAsync(Token));
        Assert.Equal("killed/file", found.Path);
        Assert.InRange(found.Started, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        await Destination.AbortAsync(found, Token);
        Assert.Empty(await Destination.ListUnfinishedAsync(Token).ToListAsync(Token));
        await upload.DisposeAsync();
    }

    [Fact]
    public async Task Roots_know_which_of_them_enclose_each_other()
    {
        S3DestinationRoot Root(string prefix, string? bucket = null) =>
            StubDestinations.CreateRoot(StubDestinations.Config(Stub, prefix) with { Bucket = bucket ?? S3Stub.DefaultBucket });
        Assert.True(Root("").Contains(Root("a")));
        Assert.True(Root("a").Contains(Root("a/b")));
        Assert.False(Root("a").Contains(Root("ab")));
        Assert.False(Root("a").Contains(Root("a", "other")));
        Assert.Equal(["s3://backups/a", "s3://backups"], Root("a/b").Enclosing.Select(r => r.Name));
        Assert.Null(await Root("nothing").FindIdentityAsync(Token));
    }
}
