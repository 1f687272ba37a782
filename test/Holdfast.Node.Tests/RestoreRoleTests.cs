using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests;

/// <summary>What is told where code of a restored database has changed the role that runs restores.</summary>
public sealed class RestoreRoleTests : BackedUpNode
{
    private static readonly HoldfastException Changed = new(ErrorCatalogue.RestoreRoleChanged, "Code of 'a' has changed the password.", "Give it a new one.");

    private int _restores;

    [Fact]
    public async System.Threading.Tasks.Task It_is_an_alert_of_its_source_until_a_restore_finds_the_role_as_it_was()
    {
        await HostileRestoreAsync();
        var alert = Standing()!;
        Assert.Equal((AlertSeverity.Error, "fake", Time.GetUtcNow()), (alert.Severity, alert.Subject.Source, alert.Since));
        Assert.Equal("A restore into 'fake' has failed: Code of 'a' has changed the password.", alert.Message);
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
        Node.RestoreRoles.Acknowledge("fake");
        Assert.Null(Standing());
        await Node.Sources.Items.Single().LookAsync(Token);
        Assert.Null(Standing());
    }

    [Fact]
    public async System.Threading.Tasks.Task The_archive_is_not_taken_for_damaged_and_its_code_not_run_again_from_another_copy()
    {
        await HostileRestoreAsync("nas", "second");
        Assert.Equal(1, _restores);
        Node.Alerts.Look();
        Assert.DoesNotContain(Node.Alerts.Items, a => a.Kind == AlertKind.BackupDamaged);
    }

    private Alert? Standing()
    {
        Node.Alerts.Look();
        return Node.Alerts.Items.SingleOrDefault(a => a.Kind == AlertKind.RestoreRoleChanged);
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
        await Node.Sources.Items.Single().LookAsync(Token);
        return await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
    }
}
