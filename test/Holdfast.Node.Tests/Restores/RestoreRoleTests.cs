using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests.Restores;

/// <summary>Alerts and failures if code of a restored database has changed the role that runs restores.</summary>
public sealed class RestoreRoleTests : BackedUpNode
{
    private static readonly HoldfastException Changed = new(
        ErrorCatalog.RestoreRoleChanged,
        "Code of 'a' has changed the password.",
        "Give it a new one."
    );

    private int _restores;

    [Fact]
    public async System.Threading.Tasks.Task A_changed_role_raises_an_alert_until_a_restore_finds_it_unchanged()
    {
        await HostileRestoreAsync();
        var alert = Standing()!;
        Assert.Equal((AlertSeverity.Error, "fake", Time.GetUtcNow()), (alert.Severity, alert.Subject.Source, alert.Since));
        Assert.Equal("A restore into 'fake' failed: Code of 'a' has changed the password.", alert.Message);
        Assert.StartsWith("Give it a new one. Then acknowledge this alert", alert.Hint, StringComparison.Ordinal);

        await StopAsync();
        await StartAsync();
        Assert.NotNull(Standing());

        Source.RestoreRole = new("what it had then", "what it had then"); // the change was not undone
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.NotNull(Standing());
        Source.RestoreRole = new("what it had", null); // it could not be checked
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.NotNull(Standing());
        Source.RestoreRole = new("what it had", "what it had");
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task A_changed_role_raises_an_alert_until_an_operator_confirms_that_it_was_undone()
    {
        await HostileRestoreAsync();
        Node.RestoreRoleGuard.Acknowledge("fake");
        Assert.Null(Standing());
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task A_changed_role_does_not_mark_the_archive_as_damaged_and_no_other_copy_is_tried()
    {
        await HostileRestoreAsync("nas", "second");
        Assert.Equal(1, _restores);
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.BackupDamaged);
    }

    [Theory]
    [InlineData("what it has by now", false)]
    [InlineData("what it had", true)]
    public async System.Threading.Tasks.Task The_next_restore_detects_changes_made_by_an_interrupted_one(string now, bool isAsItWas)
    {
        await CutOffAsync();
        await StopAsync();
        await StartAsync();
        Assert.Null(Standing());
        Source.RestoreRole = new(now, now);
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.Equal(isAsItWas, Standing() is null);
        if (isAsItWas)
        {
            return;
        }
        Assert.Contains("the restore of 'again' that started at 2026-11-25 10:01 UTC", Standing()!.Message, StringComparison.Ordinal);
        Assert.Contains("it has 'what it has by now', and had 'what it had'", Standing()!.Message, StringComparison.Ordinal);
        Node.RestoreRoleGuard.Acknowledge("fake");
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task A_restore_that_cannot_start_after_an_interrupted_one_reports_that()
    {
        await CutOffAsync();
        Source.Databases.Remove("again");
        Source.HoldRestore = (_, _) => throw new HoldfastException(ErrorCatalog.SourceUnreadable, "The password was refused.");
        var failed = await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
        Assert.StartsWith(
            "The password was refused. It may have been changed: the role could not be checked after the restore of 'again'",
            failed.Error!.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async System.Threading.Tasks.Task A_concurrent_restore_does_not_record_a_changed_role_as_the_original_one()
    {
        await CoverAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        var hostile = new TaskCompletionSource();
        Source.RestoreRole = new("what it had", null);
        Source.HoldLoad = hostile.Task;
        var first = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "first") }, "tester", Token);
        await UntilAsync(() => Source.Loads == 1);
        Source.RestoreRole = new("what it has by then", null);
        Source.HoldLoad = System.Threading.Tasks.Task.CompletedTask;
        Source.LoadFault = Changed;
        Assert.Equal("restore-role-changed", (await RestoreAsync()).Error!.Code);
        hostile.SetResult();
        await EndedAsync(first);
        Source.LoadFault = null;
        Source.RestoreRole = new("what it has by then", "what it has by then");
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.NotNull(Standing());
        Source.RestoreRole = new("what it had", "what it had");
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task A_detected_change_is_kept_if_another_restore_starts_at_the_same_time()
    {
        await CoverAsync("nas");
        await Node.RestoreRoleGuard.RecordStartAsync("fake", "first", "a", new("what it had", null), Token);
        var ending = new Thread(() => Node.RestoreRoleGuard.RecordEnd("fake", "first", new("what it had", "what it has by now"), Changed));
        System.Threading.Tasks.Task? second = null;
        Node.Sources.Change("fake", _ =>
        {
            ending.Start(); // it waits, because the stored value is being changed here
            while (!ending.ThreadState.HasFlag(ThreadState.WaitSleepJoin))
            {
                Thread.Yield();
            }
            second = Node.RestoreRoleGuard.RecordStartAsync("fake", "second", "b", new("what it had", null), Token);
            return null;
        });
        ending.Join();
        await second!;
        Assert.Contains("has changed the password", Standing()!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async System.Threading.Tasks.Task Nothing_is_stored_for_a_source_that_was_detached_meanwhile()
    {
        await CoverAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        var hold = new TaskCompletionSource();
        (Source.RestoreRole, Source.HoldLoad, Source.LoadFault) = (new("what it had", null), hold.Task, Changed);
        var restore = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await UntilAsync(() => Source.Loads == 1);
        Assert.NotNull(Node.State.NodeSources.Find("fake")!.UncheckedRestores);
        Node.Sources.Detach("fake");
        hold.SetResult();
        Assert.Equal("restore-role-changed", (await EndedAsync(restore)).Error!.Code);
        Assert.Null(Node.State.NodeSources.Find("fake"));
    }

    private async System.Threading.Tasks.Task CutOffAsync()
    {
        await CoverAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        Source.RestoreRole = new("what it had", null);
        Source.LoadFault = new(ErrorCatalog.SourceSilent, "The server does not answer.");
        Assert.Equal(OperationState.Failed, (await RestoreAsync()).State);
        Source.LoadFault = null;
    }

    private Alert? Standing()
    {
        Node.Alerts.Evaluate();
        return Node.Alerts.Active.SingleOrDefault(a => a.Kind == AlertKind.RestoreRoleChanged);
    }

    private async System.Threading.Tasks.Task HostileRestoreAsync(params string[] destinations)
    {
        await CoverAsync(destinations is [] ? ["nas"] : destinations);
        await BackUpAsync("a", BackupKind.Full);
        Source.RestoreRole = new("what it had", null);
        Source.LoadFault = Changed;
        var failed = await RestoreAsync();
        Assert.Equal((OperationState.Failed, "restore-role-changed"), (failed.State, failed.Error!.Code));
        Source.LoadFault = null;
    }

    private async Task<Operation> RestoreAsync()
    {
        _restores = 0;
        Source.HoldRestore = (_, _) => System.Threading.Tasks.Task.FromResult(++_restores);
        Source.Databases.Remove("again");
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        return await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
    }
}
