using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Tests.Scheduling;

/// <summary>Backups by schedule, and the databases that a template covers.</summary>
public sealed class ScheduledBackupTests : NodeTestBase
{
    [Fact]
    public async Task A_template_covers_every_database_and_backs_it_up_at_its_slot()
    {
        await PutAsync(Template());
        Assert.Equal(["Server Wide Backup, nightly"], Node.Tasks.Of(new("fake", "a")).Select(t => t.Name));
        Assert.Empty(Archives());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        Assert.Equal(2, Archives().Length);
        Assert.All(Node.Operations.All, o => Assert.Equal((OperationState.Completed, BackupKind.Full), (o.State, o.Result!.Kind!.Value)));
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero), Node.NextOf(Task("a").Id)!.At);
    }

    [Fact]
    public async Task A_new_database_is_covered_at_once()
    {
        await PutAsync(Template());
        Source.Databases["new"] = new byte[4096];
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b", "new");
    }

    [Fact]
    public async Task Missing_databases_keep_their_tasks_which_run_when_they_are_back()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var (before, were) = (Node.Operations.All.Count, Source.Databases.ToList());
        lock (Source.Databases)
        {
            Source.Databases.Clear();
        }
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        await ToAsync("2026-11-25T12:00:00Z");
        await UntilAsync(() => Node.NextOf(Task("a").Id) is null && Node.NextOf(Task("b").Id) is null);
        Assert.Equal(before, Node.Operations.All.Count);
        Assert.Equal(OperationState.Completed, Node.StatusOf(Task("a").Id).LastState); // missed, not failed
        await UntilAsync(() => Node.Alerts.Active.Any(a => a.Kind == Core.Alerts.AlertKind.SourceShrunk));
        Assert.DoesNotContain(Node.Alerts.Active, x => x.Subject.Task is not null); // one alert, for the source
        lock (Source.Databases)
        {
            were.ForEach(d => Source.Databases.Add(d.Key, d.Value));
        }
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        await UntilAsync(() => Node.Operations.All.Count == before + 2 && !Node.Operations.Running.Any());
    }

    [Fact]
    public async Task A_failed_backup_is_reported_and_retried_after_a_minute()
    {
        Source.Broken.Add("a");
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await UntilAsync(() => Node.StatusOf(Task("a").Id).LastState == OperationState.Failed);
        await BackedUpAsync("b");
        Assert.Contains("locked", Node.StatusOf(Task("a").Id).LastError, StringComparison.Ordinal);
        Source.Broken.Clear();
        await ToAsync("2026-11-25T11:01:00Z");
        await BackedUpAsync("a");
    }

    [Fact]
    public async Task A_cancellation_by_the_engine_fails_the_backup_which_is_retried_and_logs_its_steps()
    {
        Source.Fault = name => name == "a" ? new OperationCanceledException() : null;
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("b");
        await UntilAsync(() => Node.StatusOf(Task("a").Id).LastState == OperationState.Failed);
        var failed = Assert.Single(Node.Operations.All, o => o.Database?.Name == "a");
        Assert.Equal("unexpected", failed.Error!.Code);
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 11, 1, 0, TimeSpan.Zero), Node.NextOf(Task("a").Id)!.At);
        var log = string.Join('\n', Node.Operations.LogOf(Node.Operations.All.Single(o => o.Database?.Name == "b").Id));
        foreach (
            var step in (string[])
                ["due by schedule", "opened for a snapshot", "full: requested", "writing to", "published at", "ended: Completed"]
        )
        {
            Assert.Contains(step, log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_requested_backup_runs_one_task_and_does_not_affect_its_schedule()
    {
        await PutAsync(Template());
        var requestedTwice = new TaskCompletionSource();
        Source.Hold = (_, _) => requestedTwice.Task;
        var operation = Node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Incremental, Task("a")), "tester");
        Assert.Same(operation, Node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Full, Task("a")), "tester"));
        requestedTwice.SetResult();
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal(BackupKind.Full, operation.Current.Result!.Kind);
        Assert.Contains("made as full: there is no full backup yet", operation.Current.Result.Warnings);
        Assert.Single(Archives());
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 11, 0, 0, TimeSpan.Zero), Node.NextOf(Task("a").Id)!.At);
    }

    [Fact]
    public async Task A_dropped_database_is_no_longer_backed_up_but_keeps_its_record_and_its_backups()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        Source.Databases.Remove("a");
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        Assert.NotNull(Node.State.Databases.Find("fake/a")!.Dropped);
        Assert.Empty(Node.Tasks.Of(new("fake", "a")));
        Assert.Equal(2, Archives().Length);
    }
}
