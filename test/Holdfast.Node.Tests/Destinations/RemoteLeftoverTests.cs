using Holdfast.Core.Tasks;
using Holdfast.Testing.S3;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Destinations;

/// <summary>
/// An index without its archive in a bucket: a backup that publishes both leaves it for a moment, one that was killed for ever.
/// </summary>
public sealed class RemoteLeftoverTests : NodeTestBase
{
    private const string Chain = "fake/a/2026-11-20-11-00-00.B-snapshot-0123456789";
    private const string Index = $"{Chain}/2026-11-20-11-00-00.snapshot.index";
    private const string Archive = $"{Chain}/2026-11-20-11-00-00.snapshot.tar.zst";

    private readonly FakeTimeProvider _storeTime = new(new DateTimeOffset(2030, 1, 10, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_node_does_not_remove_the_index_that_another_one_has_just_published()
    {
        await using var bucket = await DefineAsync();
        var (sent, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        bucket.Store.Fault = r =>
            r.Operation == S3Operation.PutObject && r.Key.EndsWith(Archive, StringComparison.Ordinal)
                ? new()
                {
                    Wait = async _ =>
                    {
                        sent.TrySetResult();
                        await goesOn.Task;
                    },
                }
                : null;
        // Node B publishes the index, then its archive, which takes a while.
        await using var index = await bucket.Destination.BeginUploadAsync(Index, new(null, IsClaim: true), Token);
        await using var archive = await bucket.Destination.BeginUploadAsync(Archive, new(), Token);
        await index.WriteAsync(new byte[10], Token);
        await archive.WriteAsync(new byte[10], Token);
        var publishing = bucket.Destination.PublishAsync([index, archive], Token);
        await sent.Task.WaitAsync(Patience, Token);
        Assert.Contains(Index, bucket.Files);

        // Meanwhile this node backs up the same database, and cleans up as after a crash.
        await BackUpAsync();
        await Node.CrashCleaner.CleanAsync([new("fake", "a")], [new("fake", "a")], Token);
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Contains(Index, bucket.Files);
        goesOn.SetResult();
        await publishing.WaitAsync(Patience, Token);
        Assert.Contains(Archive, bucket.Files);
        Assert.Contains(Index, bucket.Files);
    }

    [Fact]
    public async Task An_index_is_a_leftover_after_a_day_of_the_stores_clock()
    {
        await using var bucket = await DefineAsync();
        await bucket.PutAsync(Index);
        Time.Advance(TimeSpan.FromDays(2));
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Contains(Index, bucket.Files);
        _storeTime.Advance(TimeSpan.FromHours(25));
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.DoesNotContain(Index, bucket.Files);
    }

    [Fact]
    public async Task An_index_whose_archive_is_still_being_uploaded_is_not_a_leftover()
    {
        await using var bucket = await DefineAsync();
        await bucket.PutAsync(Index);
        _storeTime.Advance(TimeSpan.FromDays(2));
        bucket.Abandon(Archive, _storeTime.GetUtcNow().AddDays(-2), _storeTime.GetUtcNow().AddHours(-1));
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Assert.Contains(Index, bucket.Files);
    }

    [Fact]
    public async Task Cleaning_after_a_crash_lists_only_what_was_interrupted_long_ago()
    {
        await using var bucket = await DefineAsync();
        await bucket.PutAsync(Index);
        _storeTime.Advance(TimeSpan.FromDays(2));
        bucket.Store.ResetRequests();
        await Node.CrashCleaner.CleanAsync([new("fake", "a"), new("fake", "b")], [], Token);
        Assert.Empty(bucket.Store.Requests);
        await Node.CrashCleaner.CleanAsync([new("fake", "a"), new("fake", "b")], [new("fake", "a")], Token);
        Assert.DoesNotContain(Index, bucket.Files);
        Assert.All(bucket.Store.Requests.Where(r => r.Operation == S3Operation.ListObjects), r =>
            Assert.StartsWith("production/fake/a/", r.Value("prefix"), StringComparison.Ordinal)
        );
    }

    private async Task<TestBucket> DefineAsync()
    {
        var bucket = await TestBucket.StartAsync(S3StubOptions.Aws with { ChecksSignatures = false }, _storeTime);
        await Node.Destinations.PutAsync(bucket.Define(), 0, Token);
        return bucket;
    }

    private async Task BackUpAsync()
    {
        var settings = Template().Settings with { Destinations = ["offsite"] };
        var operation = Node.BackUp(new(new("fake", "a"), settings, BackupKind.Full, null), "tester");
        await operation.Completion.WaitAsync(Patience, Token);
    }
}
