using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Tests.Catalog;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Faults;

/// <summary>
/// Whatever a bucket answers: the result of a backup says which destination has it, the other destinations complete, and a repair brings
/// the bucket up to date once it answers correctly.
/// </summary>
public sealed class BucketFaultTests : BucketNode
{
    private const string LoginPage = "<!DOCTYPE html><html><body>Please sign in</body></html>";

    public static TheoryData<string> Names => [.. WrongAnswers.Keys];

    private static Dictionary<string, Func<S3Request, S3Fault?>> WrongAnswers { get; } =
        new()
        {
            ["storm of 503"] = OfWrites(S3Fault.Error(503, "SlowDown")),
            ["500 on every write"] = OfWrites(S3Fault.Error(500, "InternalError")),
            ["200 with an error inside"] = OfWrites(S3Fault.Says("<Error><Code>InternalError</Code></Error>") with { ETag = "" }),
            ["200 with nothing inside"] = OfWrites(S3Fault.Says("") with { ETag = "" }),
            ["200 with a login page"] = OfWrites(S3Fault.Says(LoginPage) with { ETag = "" }),
            ["an ETag of other bytes"] = OfWrites(S3Fault.Says("") with { ETag = "\"0123456789abcdef0123456789abcdef\"" }),
            ["only a part of the bytes stored"] = OfWrites(new() { StoreOnly = 100 }),
            ["connections closed without an answer"] = OfWrites(new() { Cut = true }),
            ["connections closed within the body"] = OfWrites(new() { CutRequestAfter = 1000 }),
            ["credentials without the right to write"] = OfWrites(S3Fault.Error(403, "AccessDenied")),
            ["expired credentials"] = OfWrites(S3Fault.Error(400, "ExpiredToken")),
            ["a bucket that is gone"] = _ => S3Fault.Error(404, "NoSuchBucket"),
            ["a login page for everything"] = _ => S3Fault.Says(LoginPage) with { ETag = "" },
        };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async System.Threading.Tasks.Task A_wrong_answer_is_told_and_repaired(string name)
    {
        await CoverAsync("disk", "bucket");
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Full)).State);

        Store.Fault = WrongAnswers[name];
        var run = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.CompletedWithErrors, BackupKind.Incremental), (run.State, run.Result!.Kind));
        Assert.Null(run.Result.Destinations["disk"]);
        Assert.NotNull(run.Result.Destinations["bucket"]);
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        // Neither a lost answer nor a wrong listing makes the next one full, or a change unnoticed.
        run = await BackUpAsync("a", BackupKind.Incremental);
        Assert.Equal((OperationState.CompletedWithErrors, BackupKind.Incremental), (run.State, run.Result!.Kind));
        Assert.False(run.Result.Unchanged);

        Store.Fault = null;
        var repaired = await EndedAsync(Node.Repair(Task.Id));
        Assert.True(repaired.State == OperationState.Completed, $"{name}: {repaired.Error}");
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(Archives("disk", "a").Select(Path.GetFileName), ArchivesInBucket().Select(k => Path.GetFileName(k)));
        foreach (var key in ArchivesInBucket())
        {
            Assert.Equal(await File.ReadAllBytesAsync($"{Root}/disk/{key["bucket/".Length..]}", Stop), Content(key));
        }
        Directory.Delete($"{Root}/disk/fake", recursive: true);
        await RestoresAsync();
    }

    [Fact]
    public async System.Threading.Tasks.Task A_hung_bucket_keeps_neither_the_disk_nor_the_database_waiting()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await CoverAsync("disk", "bucket");
        Store.Fault = r => r.Operation == S3Operation.PutObject ? new() { Wait = token => release.Task.WaitAsync(token) } : null;
        Time.Advance(TimeSpan.FromMinutes(1));
        var operation = Node.BackUp(new(Task.Database, Task.Settings, BackupKind.Full, Task), "tester");
        await UntilAsync(() => operation.Current.Progress.Outputs.GetValueOrDefault("disk") == OutputState.Done);
        Assert.Equal(OutputState.Publishing, operation.Current.Progress.Outputs["bucket"]);
        Assert.Equal(0, Source.Open);
        Assert.False(operation.HasEnded);
        release.SetResult();
        Assert.Equal(OperationState.Completed, (await EndedAsync(operation)).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task Of_two_nodes_that_publish_under_one_name_exactly_one_completes()
    {
        await CoverAsync("bucket");
        for (var round = 0; round < 10; round++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await using var first = await OpenAsync();
            await using var second = await OpenAsync();
            // Neither publishes before both have chosen their names.
            using var both = new Barrier(2);
            var outcomes = await System.Threading.Tasks.Task.WhenAll(RaceAsync(first, both), RaceAsync(second, both));
            var winner = Assert.Single(outcomes, o => o.State == BackupState.Completed);
            var loser = Assert.Single(outcomes, o => o.State != BackupState.Completed);
            Assert.Equal((BackupState.Failed, ErrorCatalog.TargetExists), (loser.State, loser.Error!.Error));
            var folder = Path.GetDirectoryName(winner.Path)!;
            Assert.Equal(2, Keys($"bucket/{folder}/").Count);
            Assert.Equal(winner.StoredBytes, Content($"bucket/{winner.Path}").Length);
        }
    }

    [Theory]
    [InlineData(true, "B", BackupKind.Incremental)]
    [InlineData(false, "B", BackupKind.Full)]
    [InlineData(false, "A", BackupKind.Incremental)]
    public async System.Threading.Tasks.Task Without_conditions_a_node_does_not_write_into_the_chain_of_another(
        bool isConditional,
        string node,
        BackupKind expected
    )
    {
        await CoverAsync("bucket");
        await using var destination = await OpenAsync(isConditional);
        var options = new BackupOptions
        {
            Kind = BackupKind.Full,
            Type = BackupType.Snapshot,
            Node = "A",
            NodeKey = AgeIdentity.Generate(),
        };
        Assert.Equal(BackupState.Completed, (await RunAsync(destination, options)).State);
        Time.Advance(TimeSpan.FromMinutes(1));
        Source.Databases["a"][0] ^= 1;
        var second = await RunAsync(destination, options with { Kind = BackupKind.Incremental, Node = node });
        Assert.Equal((BackupState.Completed, expected), (second.State, second.Kind));
        Assert.Equal(expected == BackupKind.Full, second.Warnings.Any(w => w.Contains("is of node A", StringComparison.Ordinal)));
    }

    private static Func<S3Request, S3Fault?> OfWrites(S3Fault fault) =>
        r => r.Operation is S3Operation.PutObject or S3Operation.CompleteMultipartUpload or S3Operation.UploadPart ? fault : null;

    private List<string> ArchivesInBucket() =>
        [.. Keys("bucket/fake/a/").Where(k => k.EndsWith(".zst", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private byte[] Content(string key)
    {
        lock (Store.Bucket().Lock)
        {
            return Store.Bucket().Objects[key].ToArray();
        }
    }

    // As another node with the same tag would: nothing in memory is shared.
    private async Task<IDestination> OpenAsync(bool isConditional = true)
    {
        var root = await Node.Destinations.ResolveAsync("bucket", Stop);
        var opened = await root.OpenAsync(await root.FindIdentityAsync(Stop), Stop);
        if (isConditional)
        {
            return opened;
        }
        await opened.DisposeAsync();
        return await root.OpenAsync(opened.Identity, Stop, opened.Capabilities with { ConditionalPut = false });
    }

    private async Task<BackupOutcome> RaceAsync(IDestination destination, Barrier both)
    {
        var options = new BackupOptions
        {
            Kind = BackupKind.Full,
            Type = BackupType.Snapshot,
            Node = "A",
            NodeKey = AgeIdentity.Generate(),
        };
        return await RunAsync(destination, options, () => Assert.True(both.SignalAndWait(TimeSpan.FromMinutes(1))));
    }

    private async Task<BackupOutcome> RunAsync(IDestination destination, BackupOptions options, Action? written = null)
    {
        var backup = new DatabaseBackup("fake", Source, [destination], options, OutputResources.Create(Root), Time);
        return await backup.RunAsync(Source.Database("a"), null, new(1), written ?? (() => { }), Stop);
    }
}
