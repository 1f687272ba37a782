using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Comparing;
using Holdfast.Node.Operations;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests.Backups;

/// <summary>A database with an unchanged change token is compared with its newest backup once a day.</summary>
public sealed class ComparisonTests : BackedUpNode
{
    protected override int? SmallDatabaseConcurrency => 1;

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async System.Threading.Tasks.Task An_unchanged_database_is_read_once_a_day_without_an_operation(BackupType type)
    {
        await BackedUpOnceAsync(type);
        await WaitToPassAsync(TimeSpan.FromHours(1), 72);
        Assert.Equal(4, Source.Writes); // the full backup, and three comparisons
        Assert.Single(Node.Operations.All);
        Assert.Single(Archives("nas", "a"));
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async System.Threading.Tasks.Task A_change_that_the_change_token_does_not_show_is_backed_up_within_a_day(BackupType type)
    {
        await BackedUpOnceAsync(type);
        Source.Databases["a"][5000]++;
        var changed = Time.GetUtcNow();
        while (Node.Operations.All.Count == 1)
        {
            await WaitToPassAsync(TimeSpan.FromHours(1), 1);
        }
        Assert.InRange(Time.GetUtcNow() - changed, TimeSpan.Zero, TimeSpan.FromDays(1));
        var backup = await UntilEndedAsync(BackupKind.Incremental);
        Assert.Contains(backup.Result!.Warnings, w => w.Contains("the change token did not show", StringComparison.Ordinal));
        Assert.Equal((OperationState.Completed, null, 2), (backup.State, backup.AskedBy, Archives("nas", "a").Length));
        await RestoresAsync();

        var writes = Source.Writes;
        await WaitToPassAsync(TimeSpan.FromHours(1), 24);
        Assert.Equal(writes + 1, Source.Writes); // equal
    }

    [Fact]
    public async System.Threading.Tasks.Task A_comparison_accesses_no_destination()
    {
        await BackedUpOnceAsync(BackupType.Snapshot);
        Directory.Delete($"{Root}/nas", recursive: true);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        await WaitToPassAsync(ComparisonScheduler.CheckInterval, 2);
        Assert.Equal((2, 1), (Source.Writes, Node.Operations.All.Count));
        Assert.Equal(Status.LastCompared, Status.LastRead);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_restart_neither_repeats_nor_skips_comparisons()
    {
        await BackedUpOnceAsync(BackupType.Snapshot);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        await RestartAsync();
        await WaitToPassAsync(ComparisonScheduler.CheckInterval, 2);
        Assert.Equal(2, Source.Writes);
        await RestartAsync();
        await WaitToPassAsync(ComparisonScheduler.CheckInterval, 2);
        Assert.Equal(2, Source.Writes);
    }

    [Fact]
    public async System.Threading.Tasks.Task Databases_that_are_not_backed_up_are_not_compared()
    {
        await BackedUpOnceAsync(BackupType.Snapshot);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        Assert.Equal("a", Assert.Single(Node.ComparisonScheduler.GetDue()).Database.Name);

        var record = Node.State.Databases.Find("fake/a")!;
        Node.State.Databases.Set(record with { MissingSince = Time.GetUtcNow() });
        Assert.Empty(Node.ComparisonScheduler.GetDue());
        Node.State.Databases.Set(record);
        Assert.Single(Node.ComparisonScheduler.GetDue());

        Source.IsDown = true;
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        Assert.Empty(Node.ComparisonScheduler.GetDue());
        Source.IsDown = false;
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        Assert.Single(Node.ComparisonScheduler.GetDue());

        await ChangeTemplateAsync(s => s with { Disabled = true });
        Assert.Empty(Node.ComparisonScheduler.GetDue());
    }

    [Fact]
    public async System.Threading.Tasks.Task An_unreadable_database_is_reported_by_one_backup_per_interval()
    {
        await BackedUpOnceAsync(BackupType.Snapshot);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        Source.Broken.Add("a");
        await WaitToPassAsync(ComparisonScheduler.CheckInterval, 1);
        var failed = await UntilEndedAsync(BackupKind.Incremental);
        Assert.Equal((OperationState.Failed, "'a' is locked."), (failed.State, failed.Error!.Message));
        Assert.Empty(Node.ComparisonScheduler.GetDue());
    }

    [Fact]
    public async System.Threading.Tasks.Task A_database_whose_change_token_has_changed_is_left_to_its_schedule()
    {
        await BackedUpOnceAsync(BackupType.Snapshot);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        Source.FixedToken = "another";
        await WaitToPassAsync(ComparisonScheduler.CheckInterval, 2);
        Assert.Equal((1, 1), (Source.Writes, Node.Operations.All.Count));
        Assert.Empty(Node.ComparisonScheduler.GetDue());
    }

    [Fact]
    public async System.Threading.Tasks.Task Queued_backups_have_priority_over_comparisons()
    {
        await BackedUpOnceAsync(BackupType.Snapshot);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Source.Hold = (name, token) => name == "b" ? held.Task.WaitAsync(token) : System.Threading.Tasks.Task.CompletedTask;
        var running = BackUp("b", null);
        await UntilAsync(() => Node.Queue.Running == 1);
        var waiting = BackUp("b", Node.Tasks.Of(new("fake", "b")).Single());
        Assert.Equal(1, Node.Queue.Waiting);
        Time.Advance(ComparisonScheduler.CheckInterval);
        await UntilAsync(() => LastTurn == Time.GetUtcNow());
        Assert.Equal((1, 1, 1), (Node.Queue.Running, Node.Queue.Waiting, Source.Writes));
        held.SetResult();
        await EndedAsync(running);
        await EndedAsync(waiting);
        await WaitToPassAsync(ComparisonScheduler.CheckInterval, 1);
        await UntilAsync(() => Status.LastCompared is not null);
        Assert.Equal(4, Source.Writes);
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async System.Threading.Tasks.Task An_incremental_compares_a_database_that_was_not_read_for_a_day(BackupType type)
    {
        await BackedUpOnceAsync(type);
        Assert.False((await IncrementalAsync()).ReadInFull);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2), Content = null }); // as an earlier version stored it
        Assert.True((await IncrementalAsync()).ReadInFull);
        Assert.NotNull(Status.Content);
        Put(s => s with { LastRead = Time.GetUtcNow().AddDays(-2) });
        Source.Databases["a"][5000]++;
        Assert.Contains((await IncrementalAsync()).Warnings, w => w.Contains("the change token did not show", StringComparison.Ordinal));
        Assert.Equal(2, Archives("nas", "a").Length);
    }

    private DateTimeOffset LastTurn => Node.Supervisor.Loops.Single(l => l.Name == "comparison").LastIteration;

    private Core.Tasks.TaskStatus Status => Node.StatusOf(Task.Id);

    private void Put(Func<Core.Tasks.TaskStatus, Core.Tasks.TaskStatus> change) => Node.State.Statuses.Set(Task.Id, change(Status));

    private async System.Threading.Tasks.Task BackedUpOnceAsync(BackupType type)
    {
        Source.FixedToken = "the same, whatever it holds";
        await CoverAsync("nas");
        await ChangeTemplateAsync(s => s with { Type = type, IncrementalBackup = "0 3 * * 2" });
        await EndedAsync(Node.BackUp(new(Task.Database, Task.Settings, BackupKind.Full, Task), "tester"));
        await UntilAsync(() => Node.Queue.Find(Task.Id) is null);
    }

    private async System.Threading.Tasks.Task ChangeTemplateAsync(Func<TaskSettings, TaskSettings> change)
    {
        var template = Node.State.Templates.Items.Single().Value;
        var changed = template with { Settings = change(template.Settings) };
        await Node.State.Templates.PutAsync(template.Id, changed, null, Token);
        await UntilAsync(() => Task.Settings.Disabled == changed.Settings.Disabled && Task.Settings.Type == changed.Settings.Type);
    }

    private RunningOperation BackUp(string database, BackupTask? task) =>
        Node.BackUp(new(new("fake", database), Task.Settings, BackupKind.Full, task), "tester");

    private async Task<OperationResult> IncrementalAsync()
    {
        await UntilAsync(() => Node.Queue.Find(Task.Id) is null);
        return (await EndedAsync(Node.BackUp(new(Task.Database, Task.Settings, BackupKind.Incremental, Task), "tester"))).Result!;
    }

    // Waits until due comparisons and the backups that they cause have ended.
    private async System.Threading.Tasks.Task WaitToPassAsync(TimeSpan time, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Time.Advance(time);
            await UntilAsync(() =>
                LastTurn == Time.GetUtcNow() && Node.ComparisonScheduler.GetDue().Count == 0 && Node.Queue.Running + Node.Queue.Waiting == 0
            );
        }
    }

    private async Task<Operation> UntilEndedAsync(BackupKind kind)
    {
        await UntilAsync(() => Node.Operations.All.Any(o => o.BackupKind == kind && o.Ended is not null));
        return Node.Operations.All.Single(o => o.BackupKind == kind);
    }

    private async System.Threading.Tasks.Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
        await UntilAsync(() => Node.Tasks.Of(new("fake", "a")).Any());
        var started = Time.GetUtcNow();
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromMinutes(1)); // its timer may start a little later than the node
            return LastTurn > started;
        });
    }
}
