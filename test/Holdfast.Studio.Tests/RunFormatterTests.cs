using Holdfast.Core.Runs;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Tests;

/// <summary>Formatting of runs.</summary>
public sealed class RunFormatterTests
{
    [Fact]
    public void Incomplete_backups_do_not_count_as_backed_up()
    {
        var run = new Run
        {
            Id = "1",
            TemplateId = "t",
            TemplateName = "nightly",
            Kind = BackupKind.Full,
            Node = "A",
            Created = DateTimeOffset.UnixEpoch,
            Ended = DateTimeOffset.UnixEpoch,
            Due = 29,
            Incomplete = 21,
            Failed = 8,
        };
        Assert.Equal("0 of 29 backed up, 21 incomplete", RunFormatter.SuccessSummary(run));
        Assert.Equal(["8 failed", "21 incomplete"], RunFormatter.Parts(run).Select(p => $"{p.Count} {p.Word}"));
        Assert.Equal("29 of 29 backed up", RunFormatter.SuccessSummary(run with { Done = 29, Incomplete = 0, Failed = 0 }));
    }
}
