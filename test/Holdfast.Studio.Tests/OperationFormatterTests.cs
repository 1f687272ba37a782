using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Tests;

/// <summary>Formatting of operations.</summary>
public sealed class OperationFormatterTests
{
    private static readonly Operation Backup = new()
    {
        Id = "1",
        Kind = OperationKind.Backup,
        BackupKind = BackupKind.Incremental,
        TaskId = "t",
        State = OperationState.Running,
        Database = new DatabaseId("demo", "a.db"),
        Node = "A",
        Created = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public void A_title_names_the_action_and_for_an_ended_backup_the_actual_kind()
    {
        Assert.Equal("Incremental backup of demo/a.db", OperationFormatter.Title(Backup));
        Assert.Equal("Full backup of demo/a.db", OperationFormatter.Title(Backup with { Result = new() { Kind = BackupKind.Full } }));
        Assert.Equal("One-time backup of demo/a.db", OperationFormatter.Title(Backup with { TaskId = null, BackupKind = BackupKind.Full }));
        Assert.Equal("Restore as demo/a.db", OperationFormatter.Title(Backup with { Kind = OperationKind.Restore }));
    }

    [Theory]
    [InlineData(null, "the schedule")]
    [InlineData("alice", "alice")]
    [InlineData("token:ci", "token ci")]
    public void The_requester_is_named(string? by, string expected) =>
        Assert.Equal(expected, OperationFormatter.RequestedBy(Backup with { AskedBy = by }));

    [Fact]
    public void A_repair_that_nobody_requested_is_requested_by_the_server() =>
        Assert.Equal("the server", OperationFormatter.RequestedBy(Backup with { Kind = OperationKind.Repair }));

    [Fact]
    public void The_duration_is_null_while_queued_and_grows_until_the_end()
    {
        var start = DateTimeOffset.UnixEpoch.AddHours(1);
        Assert.Null(OperationFormatter.Duration(Backup, start));
        Assert.Equal(TimeSpan.FromMinutes(5), OperationFormatter.Duration(Backup with { Started = start }, start.AddMinutes(5)));
        Assert.Equal(
            TimeSpan.FromMinutes(2),
            OperationFormatter.Duration(Backup with { Started = start, Ended = start.AddMinutes(2) }, start.AddMinutes(5))
        );
        Assert.Equal(TimeSpan.Zero, OperationFormatter.Duration(Backup with { Started = start }, start.AddMinutes(-5)));
    }
}
