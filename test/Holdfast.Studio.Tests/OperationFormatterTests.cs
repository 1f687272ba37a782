using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Tests;

/// <summary>Operations in words.</summary>
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
    public void A_title_says_what_is_done_and_what_was_made_once_that_is_known()
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
    public void Who_asked_is_named(string? by, string words) =>
        Assert.Equal(words, OperationFormatter.AskedBy(Backup with { AskedBy = by }));

    [Fact]
    public void It_takes_no_time_while_it_waits_and_grows_until_it_ends()
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
