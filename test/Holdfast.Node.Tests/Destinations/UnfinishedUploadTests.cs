using Holdfast.Testing.S3;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Destinations;

/// <summary>What killed uploads leave in a bucket is removed when it is old, and nothing else is.</summary>
public sealed class UnfinishedUploadTests : NodeTestBase
{
    private const string Chain = "fake/a/2026-11-20-11-00-00.A-snapshot-0123456789";
    private const string Archive = $"{Chain}/2026-11-20-11-00-00.snapshot.tar.zst";

    // Another clock than the node's: only the store's own counts.
    private readonly FakeTimeProvider _storeTime = new(new DateTimeOffset(2030, 1, 10, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Uploads_older_than_a_day_by_the_stores_clock_are_removed_and_counted()
    {
        await using var bucket = await DefineAsync();
        var now = _storeTime.GetUtcNow();
        bucket.Abandon(Archive, now.AddHours(-25));
        bucket.Abandon($"{Chain}/2026-11-20-11-00-00.snapshot.index", now.AddDays(-3), now.AddDays(-2));
        bucket.Abandon(".holdfast-test-0123456789abcdef/second", now.AddDays(-3));
        var young = bucket.Abandon(Archive, now.AddHours(-23));
        var first = await Node.UnfinishedUploads.CleanAsync("offsite", Token);
        Assert.Equal((1, 3, null), (first.Count, first.Removed, first.Problem));
        Assert.Equal(young, Assert.Single(bucket.Store.Bucket().Uploads).Key);

        _storeTime.Advance(TimeSpan.FromHours(2));
        Assert.Equal(
            (0, 1),
            ((await Node.UnfinishedUploads.CleanAsync("offsite", Token)) is var next ? (next.Count, next.Removed) : default)
        );
        Assert.Empty(bucket.Store.Bucket().Uploads);
        Assert.Equal(0, Node.UnfinishedUploads.Find("offsite")?.Count);
    }

    [Fact]
    public async Task An_upload_that_goes_on_for_longer_than_a_day_is_not_removed()
    {
        await using var bucket = await DefineAsync();
        var now = _storeTime.GetUtcNow();
        var running = bucket.Abandon(Archive, now.AddDays(-3), now.AddHours(-1));
        Assert.Equal(
            (1, 0),
            ((await Node.UnfinishedUploads.CleanAsync("offsite", Token)) is var found ? (found.Count, found.Removed) : default)
        );
        Assert.Equal(running, Assert.Single(bucket.Store.Bucket().Uploads).Key);
    }

    [Fact]
    public async Task Uploads_of_others_in_the_bucket_are_neither_removed_nor_counted()
    {
        await using var bucket = await DefineAsync();
        var old = _storeTime.GetUtcNow().AddDays(-9);
        bucket.Abandon("videos/holiday/2026.mp4", old);
        bucket.Abandon($"other/{Archive}", old); // of a destination below
        bucket.Abandon($"../{Archive}", old);
        bucket.Abandon($"../production2/{Archive}", old);
        bucket.Abandon($"../{Archive[(Archive.IndexOf('/') + 1)..]}", old); // of no path
        Assert.Equal(
            (0, 0),
            ((await Node.UnfinishedUploads.CleanAsync("offsite", Token)) is var found ? (found.Count, found.Removed) : default)
        );
        Assert.Equal(5, bucket.Store.Bucket().Uploads.Count);
    }

    [Fact]
    public async Task A_refused_removal_is_reported_and_does_not_keep_others()
    {
        await using var bucket = await DefineAsync();
        var old = _storeTime.GetUtcNow().AddDays(-2);
        bucket.Abandon(Archive, old);
        bucket.Abandon($"{Chain}/2026-11-20-12-00-00.incremental-backup.tar.zst", old);
        bucket.Store.Fault = r =>
            r.Operation == S3Operation.AbortMultipartUpload && r.Key.Contains("incremental", StringComparison.Ordinal)
                ? S3Fault.Error(403, "AccessDenied")
                : null;
        var found = await Node.UnfinishedUploads.CleanAsync("offsite", Token);
        Assert.Equal((1, 1, "destination-denied"), (found.Count, found.Removed, found.Problem?.Code));
    }

    [Fact]
    public async Task A_node_looks_at_its_start_and_once_a_day()
    {
        await using var bucket = await DefineAsync();
        var old = _storeTime.GetUtcNow().AddDays(-2);
        bucket.Abandon(Archive, old);
        await StopAsync();
        await StartAsync();
        await UntilAsync(() => bucket.Store.Bucket().Uploads.Count == 0);
        bucket.Abandon(Archive, old);
        Time.Advance(TimeSpan.FromHours(23));
        Assert.Single(bucket.Store.Bucket().Uploads);
        await UntilAsync(() => bucket.Store.Bucket().Uploads.Count == 0, () => Time.Advance(TimeSpan.FromMinutes(10)));
    }

    private async Task<TestBucket> DefineAsync()
    {
        var bucket = await TestBucket.StartAsync(S3StubOptions.Aws with { ChecksSignatures = false }, _storeTime);
        await Node.Destinations.PutAsync(bucket.Define(), 0, Token);
        return bucket;
    }
}
