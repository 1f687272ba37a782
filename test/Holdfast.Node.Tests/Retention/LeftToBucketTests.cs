using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Node.Tests.Destinations;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Retention;

/// <summary>A destination at which retention is left to the bucket.</summary>
public sealed class LeftToBucketTests : NodeTestBase
{
    private const string Database = "production/fake/a/";

    [Fact]
    public async Task Nothing_is_deleted_and_a_preview_shows_what_has_expired()
    {
        await using var bucket = await DefineAsync();
        await BackUpAsync("2026-11-25T11:00:00Z", "2026-12-02T11:00:00Z", "2026-12-09T11:00:00Z", "2026-12-16T11:00:00Z");
        Assert.Equal(4, Chains(bucket).Count);
        Assert.DoesNotContain(bucket.Store.Requests, IsDeletion);
        Assert.Null(Node.StatusOf(Task("a").Id).RetentionProblems);

        var preview = Assert.Single(await Node.RetentionService.PreviewAsync(Task("a"), Token));
        Assert.True(preview.IsLeftToBucket);
        Assert.Equal(2, preview.Plan!.Expired.Count);
        var run = Assert.Single(await Node.RetentionService.RunAsync(Task("a"), Token));
        Assert.Equal((true, 0, null), (run.IsLeftToBucket, run.Deleted.Count, run.Problem));
        Assert.DoesNotContain(bucket.Store.Requests, IsDeletion);
    }

    [Fact]
    public async Task The_test_needs_no_right_to_delete()
    {
        await using var bucket = await DefineAsync();
        bucket.Store.AddCredentials(
            S3Stub.Credentials with
            {
                Allows = o => o is not (S3Operation.DeleteObject or S3Operation.DeleteObjects),
            }
        );
        var test = await Node.Destinations.TestAsync("offsite", Token);
        Assert.Contains(test.Notes, n => n.Contains("may not delete", StringComparison.Ordinal));
        await Node.Destinations.PutAsync(bucket.Define(("deletes", true)), null, Token);
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => Node.Destinations.TestAsync("offsite", Token));
        Assert.Equal(ErrorCatalog.DestinationDenied, refused.Error);
        Assert.Contains("s3:DeleteObject", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)] // the whole chain
    [InlineData(true)] // the full archive, which is older than the incremental that builds on it
    public async Task What_the_bucket_has_deleted_after_the_age_is_no_loss(bool onlyFull)
    {
        await using var bucket = await DefineAsync();
        await BackUpAsync("2026-11-25T11:00:00Z");
        Source.Databases["a"][0] ^= 1;
        await BackUpAsync(BackupKind.Incremental, "2026-11-26T11:00:00Z");
        await BackUpAsync("2026-12-02T11:00:00Z", "2026-12-09T11:00:00Z");
        var oldest = Chains(bucket)[0];
        Delete(bucket, oldest, onlyFull);
        Assert.Empty(await AuditedAsync(oldest));
        Assert.Empty(Node.Catalog.CopyProblems);
        if (onlyFull)
        {
            // What is left of it is not taken for a damaged chain by a verification either.
            var verification = await Node.VerifyAsync(
                new()
                {
                    From = "fake/a",
                    Database = new("fake", "a"),
                    Keys = [],
                },
                "tester",
                Token
            );
            await verification.Completion.WaitAsync(Patience, Token);
            Assert.Equal(OperationState.Completed, verification.Current.State);
        }
    }

    [Fact]
    public async Task A_chain_that_vanishes_before_its_age_is_lost_and_so_is_the_newest()
    {
        await using var bucket = await DefineAsync();
        await BackUpAsync("2026-11-25T11:00:00Z", "2026-12-02T11:00:00Z");
        Delete(bucket, Chains(bucket)[0], onlyFull: false);
        Assert.Equal([CopyState.Missing], await AuditedAsync(Node.Catalog.ChainsOf(new("fake", "a"))[0].Path));
        await ToAsync("2027-02-01T11:00:00Z");
        var newest = Chains(bucket)[^1];
        Delete(bucket, newest, onlyFull: false);
        Assert.Equal([CopyState.Missing], await AuditedAsync(newest));
    }

    [Fact]
    public async Task Where_retention_deletes_itself_nothing_may_vanish()
    {
        await using var bucket = await DefineAsync(deletes: true);
        await BackUpAsync("2026-11-25T11:00:00Z", "2026-12-02T11:00:00Z");
        var oldest = Chains(bucket)[0];
        await ToAsync("2026-12-20T11:00:00Z");
        Delete(bucket, oldest, onlyFull: false);
        Assert.Equal([CopyState.Missing], await AuditedAsync(oldest));
    }

    private static bool IsDeletion(S3Request request) =>
        request.Operation is S3Operation.DeleteObject or S3Operation.DeleteObjects
        && request.Key.StartsWith(Database, StringComparison.Ordinal);

    private static List<string> Chains(TestBucket bucket) =>
        [
            .. bucket
                .Files.Where(f => f.StartsWith("fake/a/", StringComparison.Ordinal) && f.Count(c => c == '/') == 3)
                .Select(f => f[..f.LastIndexOf('/')])
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private static void Delete(TestBucket bucket, string chain, bool onlyFull)
    {
        var objects = bucket.Store.Bucket().Objects;
        var gone = objects
            .Keys.Where(k => k.StartsWith($"production/{chain}/", StringComparison.Ordinal))
            .Where(k => !onlyFull || !k.Contains("incremental", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(gone);
        gone.ForEach(k => objects.Remove(k));
    }

    // The problems of a chain's copies after an audit.
    private async Task<IEnumerable<CopyState>> AuditedAsync(string chain)
    {
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        return (Node.Catalog.Find(chain)?.Entries ?? [])
            .Select(e => e.CopyAt("offsite")?.State ?? CopyState.Whole)
            .Where(s => s != CopyState.Whole)
            .Distinct();
    }

    private async Task<TestBucket> DefineAsync(bool deletes = false)
    {
        var bucket = await TestBucket.StartAsync();
        await Node.Destinations.PutAsync(bucket.Define(("deletes", deletes)), 0, Token);
        Source.Databases.Remove("b");
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        var template = Template();
        await PutAsync(
            template with
            {
                Settings = template.Settings with
                {
                    FullBackup = "0 11 29 2 *",
                    Destinations = ["offsite"],
                    Retention = new RetentionPolicy(TimeSpan.FromDays(10)),
                },
            }
        );
        return bucket;
    }

    private Task BackUpAsync(params string[] times) => BackUpAsync(BackupKind.Full, times);

    private async Task BackUpAsync(BackupKind kind, params string[] times)
    {
        foreach (var time in times)
        {
            await ToAsync(time);
            var operation = Node.BackUp(new(new("fake", "a"), Task("a").Settings, kind, Task("a")), "tester");
            await operation.Completion.WaitAsync(Patience, Token);
            Assert.Equal(OperationState.Completed, operation.Current.State);
        }
    }
}
