using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests;

/// <summary>How a restore ends that leaves something out.</summary>
public sealed class PartialRestoreTests : BackedUpNode
{
    [Fact]
    public async System.Threading.Tasks.Task One_that_leaves_something_out_is_completed_with_errors_and_lists_it()
    {
        Source.LeftOut = ["Left out: an index. Its SQL: CREATE INDEX odd ON t (i);"];
        var ended = await RestoreAsync();
        Assert.Equal((OperationState.CompletedWithErrors, "restore-incomplete"), (ended.State, ended.Error!.Code));
        Assert.StartsWith("The rows of 'fake/again' were restored and checked", ended.Error.Message, StringComparison.Ordinal);
        Assert.NotNull(ended.Error.Hint);
        Assert.Equal(Source.LeftOut, ended.Result!.Warnings);
        Assert.Contains("again", Source.Databases.Keys);
        Assert.Contains(
            "ended: CompletedWithErrors",
            Assert.Single(Node.Operations.LogOf(ended.Id), l => l.Contains("ended: ", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async System.Threading.Tasks.Task One_that_only_has_something_to_tell_is_completed()
    {
        Source.Told = ["The extensions are a 2 here; they were a 1."];
        var ended = await RestoreAsync();
        Assert.Equal((OperationState.Completed, null), (ended.State, ended.Error));
        Assert.Equal(Source.Told, ended.Result!.Warnings);
    }

    private async Task<Operation> RestoreAsync()
    {
        await CoverAsync("nas");
        await BackUpAsync("a", BackupKind.Full);
        return await EndedAsync(
            await Node.RestoreAsync(
                new()
                {
                    From = "fake/a",
                    Target = new("fake", "again"),
                    ContinueOnError = true,
                },
                "tester",
                Token
            )
        );
    }
}
