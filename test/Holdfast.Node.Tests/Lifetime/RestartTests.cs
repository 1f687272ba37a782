using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Tests.Lifetime;

/// <summary>What a node does after a restart.</summary>
public sealed class RestartTests : NodeTestBase
{
    [Fact]
    public async Task A_start_does_not_wait_for_slow_sources_whose_due_backups_start_when_they_respond()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var before = Node.Operations.All.Count;
        await StopAsync();
        var hang = new TaskCompletionSource();
        Source.Hang = hang.Task;
        Source.Databases["a"][5000]++;
        Time.SetUtcNow(new DateTimeOffset(2026, 11, 25, 15, 30, 0, TimeSpan.Zero));
        var started = System.Diagnostics.Stopwatch.StartNew();
        await StartAsync();
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), $"{started.Elapsed}");
        Assert.Null(Node.Sources.Items.Single().Status.CompletedAt);
        Assert.Null(Node.State.Databases.Find("fake/a")!.Dropped);
        Assert.Single(Node.Tasks.Of(new("fake", "a"))); // what was known stays
        Assert.Equal(before, Node.Operations.All.Count);
        hang.SetResult();
        await UntilAsync(() => Node.Operations.All.Count == before + 2 && !Node.Operations.Running.Any());
        Assert.All(Node.Operations.All, o => Assert.Equal(OperationState.Completed, o.State));
    }

    [Fact]
    public async Task Tasks_and_history_survive_a_restart_and_missed_backups_are_caught_up_once()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var id = Task("a").Id;
        await StopAsync();
        Time.SetUtcNow(new DateTimeOffset(2026, 11, 25, 15, 30, 0, TimeSpan.Zero));
        Source.Databases["a"][5000]++;
        await StartAsync();
        Assert.Equal(id, Task("a").Id);
        await UntilAsync(() =>
            Node.StatusOf(id).LastIncrementalBackup is not null
            || Node.StatusOf(id).LastFullBackup > new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero)
        );
        await UntilAsync(() => Node.Operations.All.Count == 4);
        Assert.Equal(2, Node.Operations.All.Count(o => o.Database?.Name == "a"));
    }

    [Fact]
    public async Task Operations_that_ran_under_a_former_tag_of_this_node_are_ended_and_repeated()
    {
        await PutAsync(Template());
        var id = Task("a").Id;
        var under = new Operation
        {
            Id = "1",
            Kind = OperationKind.Backup,
            State = OperationState.Running,
            Database = new("fake", "a"),
            TaskId = id,
            BackupKind = BackupKind.Full,
            Node = "OLD",
            Created = Time.GetUtcNow(),
            Started = Time.GetUtcNow(),
        };
        Node.State.Operations.Set(under.Id, under);
        await StopAsync();
        await StartAsync();
        var ended = Node.Operations.Find("1")!;
        Assert.Equal((OperationState.Failed, ErrorCatalog.Interrupted.Code, "OLD"), (ended.State, ended.Error!.Code, ended.Node));
        Assert.Equal(OperationState.Failed, Node.StatusOf(id).LastState);
        Time.Advance(TimeSpan.FromMinutes(1));
        await UntilAsync(() => Node.StatusOf(id).LastState == OperationState.Completed);
    }

    [Fact]
    public async Task Databases_of_a_source_that_is_no_longer_configured_are_missing_and_continue_when_it_is_back()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        await StopAsync();
        await StartAsync(hasSource: false);
        Assert.Equal(ProtectionState.Missing, State("a"));
        await UntilAsync(
            () => Node.Alerts.Active.Any(a => a is { Kind: AlertKind.SourceSilent, Subject.Source: "fake" }),
            () => Time.Advance(TimeSpan.FromSeconds(2))
        );
        await ToAsync("2026-11-25T12:00:00Z");
        var turned = false;
        Node.SchedulerIterationCompleted += () => turned = true;
        await UntilAsync(() => turned, () => Time.Advance(TimeSpan.FromSeconds(2)));
        Assert.Equal(2, Node.Operations.All.Count); // the slot passed: there is no source to back up
        await StopAsync();
        await StartAsync();
        Assert.NotEqual(ProtectionState.Missing, State("a"));
        await UntilAsync(
            () => Node.StatusOf(Task("a").Id).LastSuccess >= new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero),
            () => Time.Advance(TimeSpan.FromSeconds(2))
        );
        await UntilAsync(() => Node.Alerts.Active.All(a => a.Kind != AlertKind.SourceSilent), () => Time.Advance(TimeSpan.FromSeconds(2)));

        ProtectionState State(string name) => Node.Protection.Of(Node.State.Databases.Find($"fake/{name}")!).State;
    }
}
