using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests.Restores;

/// <summary>The result of a restore that omits objects.</summary>
public sealed class PartialRestoreTests : BackedUpNode
{
    [Fact]
    public async System.Threading.Tasks.Task A_restore_that_omits_objects_completes_with_errors_and_lists_them()
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
    public async System.Threading.Tasks.Task A_restore_with_warnings_only_completes()
    {
        Source.ReportedWarnings = ["The extensions are a 2 here; they were a 1."];
        var ended = await RestoreAsync();
        Assert.Equal((OperationState.Completed, null), (ended.State, ended.Error));
        Assert.Equal(Source.ReportedWarnings, ended.Result!.Warnings);
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
