using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Engines;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>Backups whose streams their engine would refuse in a restore.</summary>
public sealed class RefusedStreamTests : BackedUpNode
{
    protected override IReadOnlyCollection<IDatabaseEngine> Engines { get; } = [new OtherEngine(), new RefusingEngine()];

    [Fact]
    public async System.Threading.Tasks.Task What_an_engine_refuses_is_damage()
    {
        await CoverAsync("nas");
        var template = Node.State.Templates.Items.Single().Value;
        var logical = template with { Settings = template.Settings with { Type = BackupType.Backup } };
        await Node.State.Templates.PutAsync(template.Id, logical, null, Token);
        await UntilAsync(() => Task.Settings.Type == BackupType.Backup);
        await BackUpAsync("a", BackupKind.Full);
        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Equal((OperationState.Failed, ErrorCatalogue.Refused.Code), (verified.State, verified.Error!.Code));
        Assert.Contains("No dump of ours.", verified.Error.Message, StringComparison.Ordinal);
        Assert.Equal(DatabaseState.AtRisk, Node.Protection.Of(Task).State);
    }

    private sealed class OtherEngine : IDatabaseEngine
    {
        public string Name => "other";

        public IDatabaseSource Attach(SourceConfig config) => throw new NotSupportedException();

        public IStreamCheck? CheckOf(string item) => throw new NotSupportedException();
    }

    private sealed class RefusingEngine : IDatabaseEngine, IStreamCheck
    {
        public string Name => "fake";

        public IDatabaseSource Attach(SourceConfig config) => throw new NotSupportedException();

        public IStreamCheck? CheckOf(string item) => item == "dump.fake" ? this : null;

        public void Take(ReadOnlySpan<byte> bytes)
        {
        }

        public void End() => throw new HoldfastException(ErrorCatalogue.Refused, "No dump of ours.");
    }
}
