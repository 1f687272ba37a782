using Holdfast.Core.Errors;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Retention;
using Holdfast.Node.Tests.Destinations;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Retention;

/// <summary>Retention in a bucket: what it costs, and what an interruption or a lock leaves.</summary>
public sealed class BucketRetentionTests : NodeTestBase
{
    private static readonly string[] Weeks = ["2026-10-07", "2026-10-14", "2026-10-21", "2026-11-18", "2026-11-24"];
    private static readonly string[] Expired = Weeks[..3];

    private readonly BackupTask _task = new()
    {
        Id = "0123456789",
        Database = new("fake", "a"),
        Name = "own",
        ScheduledSince = DateTimeOffset.UnixEpoch,
        Settings = new()
        {
            Type = BackupType.Snapshot,
            FullBackup = "0 11 * * 3",
            Destinations = ["offsite"],
            Retention = new RetentionPolicy(TimeSpan.FromDays(30)),
        },
    };

    private ExpiringChains Expiring => new(Node.State.Expiring);

    private RetentionRunner Runner => new(TimeZoneInfo.Utc, Time, expiring: Expiring);

    [Fact]
    public async Task Chains_expire_by_one_listing_and_one_deletion()
    {
        await using var bucket = await FilledAsync();
        var run = await Runner.RunAsync(_task, "offsite", bucket.Destination, null, Token);
        Assert.Equal(Expired.Select(Chain), run.Deleted);
        Assert.Equal((0, 2), (run.Plan!.Expired.Count, run.Plan.Retained.Count));
        Assert.Equal(
            (1, 1, 0),
            (
                bucket.Store.Count(S3Operation.ListObjects),
                bucket.Store.Count(S3Operation.DeleteObjects),
                bucket.Store.Count(S3Operation.DeleteObject)
            )
        );
        Assert.DoesNotContain(bucket.Files, f => Expired.Any(e => f.StartsWith(Chain(e), StringComparison.Ordinal)));
        Assert.Equal(2 * FilesOf(Weeks[0]).Length, bucket.Files.Count);
    }

    [Fact]
    public async Task A_store_without_batches_deletes_file_by_file()
    {
        await using var bucket = await FilledAsync(S3StubOptions.Aws with { BatchDelete = false });
        var run = await Runner.RunAsync(_task, "offsite", bucket.Destination, null, Token);
        Assert.Equal(Expired.Select(Chain), run.Deleted);
        Assert.Equal(
            (1, 0, 3 * FilesOf(Weeks[0]).Length),
            (
                bucket.Store.Count(S3Operation.ListObjects),
                bucket.Store.Count(S3Operation.DeleteObjects),
                bucket.Store.Count(S3Operation.DeleteObject)
            )
        );
    }

    [Fact]
    public async Task The_newest_archive_of_a_chain_is_deleted_first_and_each_index_before_its_archive()
    {
        await using var bucket = await FilledAsync();
        var deletions = new Deletions(bucket.Destination);
        await Runner.RunAsync(_task, "offsite", deletions, null, Token);
        Assert.Equal(Expired.SelectMany(e => FilesOf(e).Reverse()), Assert.Single(deletions.Batches));
    }

    [Theory]
    [InlineData(1)] // the index of the newest archive
    [InlineData(2)] // the newest archive, so that the rest is a whole chain
    [InlineData(3)] // all but the full archive
    [InlineData(-2)] // in another order: the full archive first, so that no restore point is left
    public async Task What_a_killed_deletion_leaves_is_expiring_and_deleted_first(int count)
    {
        await using var bucket = await FilledAsync();
        var killed = await Runner.RunAsync(_task, "offsite", new Deletions(bucket.Destination) { StopAfter = count }, null, Token);
        Assert.Equal(ErrorCatalog.DestinationFailed, killed.Error?.Error);
        Assert.Empty(killed.Deleted);
        Assert.All(Expired, e => Assert.True(Expiring.Contains("offsite", Chain(e))));
        Assert.False(Expiring.Contains("offsite", Chain(Weeks[3])));
        Assert.False(Expiring.Contains("nas", Chain(Weeks[0])));

        // A restarted server knows it.
        await StopAsync();
        await StartAsync();
        var plan = await Runner.PlanAsync(_task, "offsite", bucket.Destination, approved: false, Token);
        Assert.Equal(Expired.Select(Chain), plan.Expired.Where(c => c.IsExpiring).Select(c => c.Path));

        // It is finished whatever guards and settings say now; of which nothing was deleted, is not.
        var forever = _task with { Settings = _task.Settings with { Retention = null } };
        var next = await Runner.RunAsync(forever, "offsite", bucket.Destination, null, Token);
        Assert.Equal(count == 1 ? [] : Expired[..1].Select(Chain), next.Deleted);
        Assert.All(Weeks[1..], e => Assert.False(Expiring.Contains("offsite", Chain(e))));

        Assert.Equal(
            Expired[(count == 1 ? 0 : 1)..].Select(Chain),
            (await Runner.RunAsync(_task, "offsite", bucket.Destination, null, Token)).Deleted
        );
        Assert.All(Weeks, e => Assert.False(Expiring.Contains("offsite", Chain(e))));
        Assert.Empty(Node.State.Expiring.Items);
    }

    [Fact]
    public async Task An_audit_neither_records_nor_misses_what_a_killed_deletion_has_left()
    {
        await using var bucket = await FilledAsync();
        await Node.Destinations.PutAsync(bucket.Define(), 0, Token);
        await Node.Audit.AuditAsync(_task.Database, Token);
        Assert.True(IsRecorded(Chain(Expired[0])));
        var runner = new RetentionRunner(TimeZoneInfo.Utc, Time, Node.Catalog, expiring: Expiring);
        var killed = await runner.RunAsync(_task, "offsite", new Deletions(bucket.Destination) { StopAfter = -2 }, null, Token);
        Assert.NotNull(killed.Error);

        await Node.Audit.AuditAsync(_task.Database, Token);
        Assert.All(Expired, e => Assert.False(IsRecorded(Chain(e))));
        Assert.True(IsRecorded(Chain(Weeks[3])));
        Assert.Empty(Node.Catalog.CopyProblems);

        bool IsRecorded(string chain) => Node.Catalog.Find(chain)?.Entries.Any(e => e.CopyAt("offsite") is not null) == true;
    }

    [Fact]
    public async Task A_locked_chain_stays_without_an_error_and_keeps_no_other_from_expiring()
    {
        await using var bucket = await FilledAsync();
        var locked = FilesOf(Expired[0])[0];
        var deletions = new Deletions(bucket.Destination) { Refused = { [locked] = ErrorCatalog.DestinationLocked } };
        var run = await Runner.RunAsync(_task, "offsite", deletions, null, Token);
        Assert.Null(run.Error);
        Assert.Null(run.Problem);
        Assert.Equal(locked, Assert.Single(run.Failures).Path);
        Assert.Equal(Expired[1..].Select(Chain), run.Deleted);
        Assert.Equal(Chain(Expired[0]), Assert.Single(run.Plan!.Expired).Path);
        Assert.True(Expiring.Contains("offsite", Chain(Expired[0])));
        Assert.Equal([Chain(Expired[0])], (await Runner.RunAsync(_task, "offsite", bucket.Destination, null, Token)).Deleted);
    }

    [Fact]
    public async Task A_refused_deletion_is_a_problem_and_reported_with_its_file()
    {
        await using var bucket = await FilledAsync();
        var refused = FilesOf(Expired[0])[0];
        var deletions = new Deletions(bucket.Destination) { Refused = { [refused] = ErrorCatalog.DestinationDenied } };
        var run = await Runner.RunAsync(_task, "offsite", deletions, null, Token);
        Assert.Equal(ErrorCatalog.DestinationDenied, run.Error?.Error);
        Assert.False(run.Problem?.NeedsApproval);
        Assert.Equal(refused, Assert.Single(run.Failures).Path);
    }

    [Fact]
    public async Task Each_destination_has_its_own_age()
    {
        await using var bucket = await FilledAsync();
        var task = _task with
        {
            Settings = _task.Settings with
            {
                Retention = new RetentionPolicy(TimeSpan.FromDays(30))
                {
                    Destinations = new Dictionary<string, TimeSpan> { ["offsite"] = TimeSpan.FromDays(40) },
                },
            },
        };
        Assert.Equal([Chain(Weeks[0]), Chain(Weeks[1])], Paths(await Runner.PlanAsync(task, "offsite", bucket.Destination, true, Token)));
        Assert.Equal(Expired.Select(Chain), Paths(await Runner.PlanAsync(task, "nas", bucket.Destination, true, Token)));

        static IEnumerable<string> Paths(RetentionPlan plan) => plan.Deletable.Select(c => c.Path);
    }

    private static string Chain(string day) => $"fake/a/{day}-11-00-00.A-snapshot-0123456789";

    // Oldest first: the full archive, then its index, then two incrementals of the same day.
    private static string[] FilesOf(string day) =>
        [
            $"{Chain(day)}/{day}-11-00-00.snapshot.tar.zst",
            $"{Chain(day)}/{day}-11-00-00.snapshot.index",
            $"{Chain(day)}/{day}-12-00-00.incremental-backup.tar.zst",
            $"{Chain(day)}/{day}-12-00-00.incremental-backup.index",
        ];

    private static async Task<TestBucket> FilledAsync(S3StubOptions? options = null)
    {
        var bucket = await TestBucket.StartAsync(options);
        foreach (var file in Weeks.SelectMany(FilesOf))
        {
            await bucket.PutAsync(file);
        }
        bucket.Store.ResetRequests();
        return bucket;
    }

    // Records deletions, refuses some files, and can stop in the middle of a batch as a kill does.
    private sealed class Deletions(IDestination inner) : DelegatingDestination(inner)
    {
        public List<IReadOnlyList<string>> Batches { get; } = [];

        public Dictionary<string, Error> Refused { get; } = [];

        /// <summary>Number of files after which a batch stops; negative to delete from its chain's end instead. Null for none.</summary>
        public int? StopAfter { get; init; }

        public override async Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(
            IReadOnlyList<string> paths,
            CancellationToken cancellationToken
        )
        {
            Batches.Add(paths);
            if (StopAfter is { } count)
            {
                var first = paths.TakeWhile(p => p[..p.LastIndexOf('/')] == paths[0][..paths[0].LastIndexOf('/')]).ToList();
                await Inner.DeleteManyAsync([.. count < 0 ? first.TakeLast(-count) : first.Take(count)], cancellationToken);
                throw new HoldfastException(ErrorCatalog.DestinationFailed, "The connection was cut.", "Try again.");
            }
            await Inner.DeleteManyAsync([.. paths.Where(p => !Refused.ContainsKey(p))], cancellationToken);
            return [.. paths.Where(Refused.ContainsKey).Select(p => new DeletionFailure(p, new(Refused[p], $"{p} stays.", "Wait.")))];
        }

        protected override ValueTask CloseAsync() => default;
    }
}
