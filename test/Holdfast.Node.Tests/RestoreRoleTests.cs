using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests;

/// <summary>What is told where code of a restored database has changed the role that runs restores.</summary>
public sealed class RestoreRoleTests : BackedUpNode
{
    private static readonly HoldfastException Changed = new(
        ErrorCatalogue.RestoreRoleChanged,
        "Code of 'a' has changed the password.",
        "Give it a new one."
    );

    private int _restores;

    [Fact]
    public async System.Threading.Tasks.Task It_is_an_alert_of_its_source_until_a_restore_finds_the_role_as_it_was()
    {
        await HostileRestoreAsync();
        var alert = Standing()!;
        Assert.Equal((AlertSeverity.Error, "fake", Time.GetUtcNow()), (alert.Severity, alert.Subject.Source, alert.Since));
        Assert.Equal("A restore into 'fake' failed: Code of 'a' has changed the password.", alert.Message);
        Assert.StartsWith("Give it a new one. Then acknowledge this alert", alert.Hint, StringComparison.Ordinal);

        await StopAsync();
        await StartAsync();
        Assert.NotNull(Standing());

        Source.RestoreRole = new("what it had then", "what it had then"); // nobody has undone it
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.NotNull(Standing());
        Source.RestoreRole = new("what it had", null); // nobody could look at it
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.NotNull(Standing());
        Source.RestoreRole = new("what it had", "what it had");
        Assert.Equal(OperationState.Completed, (await RestoreAsync()).State);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task It_is_an_alert_until_an_operator_says_that_it_is_undone()
    {
        await HostileRestoreAsync();
        Node.RestoreRoleGuard.Acknowledge("fake");
        Assert.Null(Standing());
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task The_archive_is_not_taken_for_damaged_and_its_code_not_run_again_from_another_copy()
    {
        await HostileRestoreAsync("nas", "second");
        Assert.Equal(1, _restores);
        Node.Alerts.Evaluate();
        Assert.DoesNotContain(Node.Alerts.Active, a => a.Kind == AlertKind.BackupDamaged);
    }

    [Theory]
    [InlineData("what it has by now", false)]
    [InlineData("what it had", true)]
    public async System.Threading.Tasks.Task What_a_restore_that_was_cut_off_has_done_to_it_the_next_one_finds(string now, bool isAsItWas)
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
    public async System.Threading.Tasks.Task A_restore_that_cannot_begin_after_one_that_was_cut_off_says_so()
    {
        await CutOffAsync();
        Source.Databases.Remove("again");
        Source.HoldRestore = (_, _) => throw new HoldfastException(ErrorCatalogue.SourceUnreadable, "The password was refused.");
        var failed = await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
        Assert.StartsWith(
            "The password was refused. It may have been changed: the role could not be checked after the restore of 'again'",
            failed.Error!.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async System.Threading.Tasks.Task One_that_begins_beside_a_hostile_one_does_not_take_what_that_has_changed_for_what_it_was()
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
    public async System.Threading.Tasks.Task What_is_found_is_kept_where_another_restore_begins_just_as_that_is_noted()
    {
        await CoverAsync("nas");
        await Node.RestoreRoleGuard.RecordStartAsync("fake", "first", "a", new("what it had", null), Token);
        var ending = new Thread(() => Node.RestoreRoleGuard.RecordEnd("fake", "first", new("what it had", "what it has by now"), Changed));
        System.Threading.Tasks.Task? second = null;
        Node.Sources.Change("fake", _ =>
        {
            ending.Start(); // and waits, for what is stored is being changed here
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
    public async System.Threading.Tasks.Task Of_a_source_that_was_detached_meanwhile_nothing_is_stored()
    {
        await CoverAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        var hold = new TaskCompletionSource();
        (Source.RestoreRole, Source.HoldLoad, Source.LoadFault) = (new("what it had", null), hold.Task, Changed);
        var restore = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await UntilAsync(() => Source.Loads == 1);
        Assert.NotNull(Node.State.SourceRecords.Find("fake")!.Unchecked);
        Node.Sources.Detach("fake");
        hold.SetResult();
        Assert.Equal("restore-role-changed", (await EndedAsync(restore)).Error!.Code);
        Assert.Null(Node.State.SourceRecords.Find("fake"));
    }

    private async System.Threading.Tasks.Task CutOffAsync()
    {
        await CoverAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        Source.RestoreRole = new("what it had", null);
        Source.LoadFault = new(ErrorCatalogue.SourceSilent, "The server does not answer.");
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
