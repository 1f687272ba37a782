using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Destinations;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests.Repairs;

/// <summary>Repairs between kinds of destinations, and those that may only be written at some times.</summary>
public sealed class RemoteRepairTests : BucketNode
{
    [Fact]
    public async System.Threading.Tasks.Task A_bucket_that_lost_everything_gets_it_from_a_disk_and_gives_it_back()
    {
        await CoverAsync("disk", "bucket");
        await ThreeAsync("a");
        Delete(Keys("bucket/fake/a/"));
        await Node.Audit.CompareAsync("bucket", new("fake", "a"), Token);
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        await RepairAsync();
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(
            6,
            Keys("bucket/fake/a/")
                .Count(k => k.EndsWith(".zst", StringComparison.Ordinal) || k.EndsWith(".index", StringComparison.Ordinal))
        );
        await using (var bucket = await Node.Destinations.OpenAsync("bucket", Token))
        {
            var (shared, _) = (await SharedCatalog.FindAsync(bucket, "fake/a", Token))!.Value;
            Assert.Equal(3, Assert.Single(shared.Chains).Archives.Count);
        }

        Directory.Delete($"{Root}/disk/fake/a", recursive: true);
        await Node.Audit.CompareAsync("disk", new("fake", "a"), Token);
        await RepairAsync();
        Assert.Equal(3, Archives("disk", "a").Length);
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Incremental)).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_bucket_that_cannot_be_read_does_not_stop_the_repair_of_another_destination()
    {
        await CoverAsync("disk", "disk2", "bucket");
        await ThreeAsync("a");
        Directory.Delete($"{Root}/disk2/fake/a", recursive: true);
        await Node.Audit.CompareAsync("disk2", new("fake", "a"), Token);
        Store.Fault = _ => Holdfast.Testing.S3.S3Fault.Error(503, "SlowDown");
        var ended = await EndedAsync(Node.Repair(Task.Id));
        Assert.Equal(OperationState.Failed, ended.State);
        Assert.StartsWith("Destination 'bucket' may still lack archives: ", ended.Error!.Message, StringComparison.Ordinal);
        Assert.Null(ended.Result?.Destinations["disk2"]);
        Assert.Equal(3, Archives("disk2", "a").Length);
        Assert.DoesNotContain("disk2", Node.StatusOf(Task.Id).FailedDestinations?.Keys ?? [], StringComparer.Ordinal);
    }

    [Fact]
    public async System.Threading.Tasks.Task Outside_of_its_upload_window_a_destination_is_left_out_and_repaired_later()
    {
        await CoverAsync("disk", "window");
        var full = await BackUpAsync("a", BackupKind.Full);
        Assert.Equal((OperationState.CompletedWithErrors, "window"), (full.State, Assert.Single(full.Result!.WaitingDestinations!)));
        Assert.StartsWith("It waits for its upload window 12:00-13:00", full.Result.Destinations["window"], StringComparison.Ordinal);
        Assert.Null(Node.StatusOf(Task.Id).FailedDestinations);
        Assert.Equal(ProtectionState.Incomplete, Node.Protection.Of(Task).State);
        Assert.Empty(Keys("window/fake"));
        Node.StartRepairs();
        Assert.DoesNotContain(Node.Operations.All, o => o.Kind == OperationKind.Repair);

        Time.SetUtcNow(new(2026, 11, 25, 12, 5, 0, TimeSpan.Zero));
        Node.StartRepairs();
        await UntilAsync(() => Node.Operations.All.Any(o => o is { Kind: OperationKind.Repair, State: OperationState.Completed }));
        Assert.Equal(ProtectionState.Covered, Node.Protection.Of(Task).State);
        Assert.Equal(OperationState.Completed, (await BackUpAsync("a", BackupKind.Incremental)).State);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_task_whose_destinations_all_wait_fails_and_says_so()
    {
        await CoverAsync("window");
        var full = await BackUpAsync("a", BackupKind.Full);
        Assert.Equal((OperationState.Failed, ErrorCatalog.NotAllowed.Code), (full.State, full.Error!.Code));
        Assert.StartsWith("No destination can take the backup now. window: It waits", full.Error.Message, StringComparison.Ordinal);
    }

    protected override DestinationConfig Define(string name)
    {
        var config = base.Define(name);
        return name != "window"
            ? config
            : config with
            {
                Settings = new Dictionary<string, JsonElement>(config.Settings!)
                {
                    ["uploadWindow"] = JsonSerializer.SerializeToElement("12:00-13:00"),
                },
            };
    }

    private async System.Threading.Tasks.Task RepairAsync()
    {
        var ended = await EndedAsync(Node.Repair(Task.Id));
        Assert.True(ended.State == OperationState.Completed, $"{ended.Error}");
    }
}
