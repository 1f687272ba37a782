using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>What backups to a bucket cost in requests, and what happens when the bucket contradicts the catalog.</summary>
public sealed class RemoteCostTests : BucketNode
{
    [Fact]
    public async Task An_incremental_of_a_small_database_costs_no_listing_and_no_read()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        for (var i = 0; i < 3; i++)
        {
            var (operation, requests) = await CountAsync("a", BackupKind.Incremental);
            Assert.Equal((OperationState.Completed, BackupKind.Incremental), (operation.State, operation.Result!.Kind));
            Assert.All(requests, r => Assert.Equal(S3Operation.PutObject, r));
            Assert.Equal(3, requests.Count); // index, archive and catalog
        }
        await RestoresAsync();
    }

    [Fact]
    public async Task A_large_archive_costs_its_parts_and_three()
    {
        const int PartBytes = 8 << 20;
        new Random(3).NextBytes(Source.Databases["a"] = new byte[5 * PartBytes / 2]);
        await CoverAsync("bucket");
        foreach (var kind in (BackupKind[])[BackupKind.Full, BackupKind.Incremental])
        {
            new Random(4 + (int)kind).NextBytes(Source.Databases["a"]); // nothing of it is known
            var (operation, requests) = await CountAsync("a", kind);
            Assert.Equal((OperationState.Completed, kind), (operation.State, operation.Result!.Kind));
            var parts = (int)((operation.Result.StoredBytes + PartBytes - 1) / PartBytes);
            Assert.Equal(3, parts);
            Assert.Equal(parts, requests.Count(r => r == S3Operation.UploadPart));
            Assert.Equal(2, requests.Count(r => r == S3Operation.PutObject)); // index and catalog
            var rest = requests.Where(r => r is not (S3Operation.UploadPart or S3Operation.PutObject)).Order().ToList();
            var first = kind == BackupKind.Full ? requests.Count(r => r == S3Operation.ListObjects) : 0; // nothing is known yet
            Assert.Equal(3 + first, rest.Count);
            Assert.Contains(S3Operation.CreateMultipartUpload, rest);
            Assert.Contains(S3Operation.CompleteMultipartUpload, rest);
            Assert.Contains(S3Operation.HeadObject, rest);
        }
        await RestoresAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unchanged_database_costs_nothing(bool hasTokens)
    {
        Source.HasTokens = hasTokens;
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        Store.ResetRequests();
        var operation = await BackUpUnchangedAsync("a");
        Assert.True(operation.Result!.Unchanged);
        Assert.Empty(Store.Requests);
    }

    [Fact]
    public async Task A_restarted_node_lists_nothing_that_it_knows()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await StopAsync();
        await StartAsync("bucket");
        var (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Incremental, operation.Result!.Kind);
        Assert.Equal([S3Operation.HeadObject, .. Enumerable.Repeat(S3Operation.PutObject, 3)], requests);
        (_, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Equal(Enumerable.Repeat(S3Operation.PutObject, 3), requests);
    }

    [Fact]
    public async Task Without_the_kept_indexes_they_are_read_once()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Incremental);
        await StopAsync();
        Directory.Delete(IndexCacheFolder, recursive: true);
        await StartAsync("bucket");
        var (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Incremental, operation.Result!.Kind);
        Assert.Equal(2, requests.Count(r => r == S3Operation.GetObject));
        (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Incremental, operation.Result!.Kind);
        Assert.DoesNotContain(S3Operation.GetObject, requests);
    }

    [Fact]
    public async Task A_kept_index_that_is_damaged_is_read_from_the_bucket()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await StopAsync();
        foreach (var file in Directory.GetFiles(IndexCacheFolder))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Flip(file, (int)new FileInfo(file).Length / 2);
        }
        await StartAsync("bucket");
        Assert.Equal(BackupKind.Incremental, (await BackUpAsync("a", BackupKind.Incremental)).Result!.Kind);
        await RestoresAsync();
    }

    [Fact]
    public async Task An_index_that_the_bucket_has_lost_is_noticed_and_the_backup_becomes_full()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        await LoseIndexesAsync();
        var (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.Completed, BackupKind.Full), (operation.State, operation.Result!.Kind));
        Assert.Contains(operation.Result.Warnings, w => w.Contains("is missing", StringComparison.Ordinal));
        Assert.Contains(S3Operation.ListObjects, requests);
        Assert.Equal(CopyState.WithoutIndex, Node.Catalog.ChainsOf(new("fake", "a"))[0].Entries[0].CopyAt("bucket")!.State);
        await RestoresAsync();
    }

    [Fact]
    public async Task A_chain_that_the_bucket_has_lost_is_an_alert_and_never_a_first_backup()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        Delete(Keys("bucket/fake/a/"));
        await LoseIndexesAsync();
        var operation = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal(BackupKind.Full, operation.Result!.Kind);
        Assert.Contains(operation.Result.Warnings, w => w.Contains("is at no destination any more", StringComparison.Ordinal));
        Assert.Contains(Node.Catalog.CopyProblems, p => p.Destination == "bucket" && p.Missing == 1);
        await RestoresAsync();
    }

    [Fact]
    public async Task A_bucket_that_lost_its_chain_gets_it_from_another_destination()
    {
        await CoverAsync("bucket", "disk");
        await BackUpAsync("a", BackupKind.Full);
        Delete(Keys("bucket/fake/a/"));
        await Node.Audit.AuditAsync(new("fake", "a"), Token);
        Node.StartRepairs();
        await UntilAsync(() => Node.Operations.All.Any(o => o is { Kind: OperationKind.Repair, HasEnded: true }));
        Assert.Equal(2, Keys("bucket/fake/a/").Count(k => !k.EndsWith(".holdfast-catalog", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task After_an_unknown_outcome_the_folder_is_listed_and_nothing_is_built_on_a_guess()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        // The archive is stored, and each answer about it is lost.
        Store.Fault = r =>
            r.Operation == S3Operation.PutObject && r.Key.EndsWith("backup.tar.zst", StringComparison.Ordinal) ? new() { Cut = true }
            : r.Operation == S3Operation.GetObject && r.Key.EndsWith("backup.tar.zst", StringComparison.Ordinal) ? new() { Cut = true }
            : null;
        var failed = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal(OperationState.Failed, failed.State);
        Store.Fault = null;
        await StopAsync();
        await StartAsync("bucket");
        var (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.Contains(S3Operation.ListObjects, requests);
        Assert.Equal(OperationState.Completed, operation.State);
        await RestoresAsync();
        (_, requests) = await CountAsync("a", BackupKind.Full);
        (operation, requests) = await CountAsync("a", BackupKind.Incremental);
        Assert.DoesNotContain(S3Operation.ListObjects, requests);
    }

    private async Task LoseIndexesAsync()
    {
        await StopAsync();
        Directory.Delete(IndexCacheFolder, recursive: true);
        Delete(Keys("bucket/fake/a/").Where(k => k.EndsWith(".index", StringComparison.Ordinal)));
        await StartAsync("bucket");
    }

    private async Task<Operation> BackUpUnchangedAsync(string database)
    {
        Time.Advance(TimeSpan.FromMinutes(1));
        var task = Node.Tasks.Of(new("fake", database)).Single();
        await UntilAsync(() => Node.Queue.Find(task.Id) is null);
        return await EndedAsync(Node.BackUp(new(task.Database, task.Settings, BackupKind.Incremental, task), "tester"));
    }
}
