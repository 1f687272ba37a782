using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Engines;
using Holdfast.Engines.Sources;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>Backups with streams that their engine would refuse in a restore.</summary>
public sealed class RefusedStreamTests : BackedUpNode
{
    private readonly RefusingEngine _engine = new();

    public RefusedStreamTests() => Engines = [new OtherEngine(), _engine];

    protected override IReadOnlyCollection<IDatabaseEngine> Engines { get; }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async System.Threading.Tasks.Task A_stream_that_the_engine_refuses_is_damage_in_each_archive_of_a_chain(int refused)
    {
        await CoverAsync("nas");
        var template = Node.State.Templates.Items.Single().Value;
        var logical = template with { Settings = template.Settings with { Type = BackupType.Backup } };
        await Node.State.Templates.PutAsync(template.Id, logical, null, Token);
        await UntilAsync(() => Task.Settings.Type == BackupType.Backup);
        for (var i = 0; i < 3; i++)
        {
            await BackUpAsync("a", i == 0 ? BackupKind.Full : BackupKind.Incremental);
            if (i == refused)
            {
                _engine.Refused = [.. Source.Databases["a"]];
            }
        }

        var verified = await EndedAsync(await Node.VerifyAsync(new() { From = "fake/a", Database = new("fake", "a") }, "tester", Token));
        Assert.Equal((OperationState.Failed, ErrorCatalog.Refused.Code), (verified.State, verified.Error!.Code));
        Assert.Contains("1 of 3 archives have problems.", verified.Error.Message, StringComparison.Ordinal);
        Assert.Contains("No dump of ours.", verified.Error.Message, StringComparison.Ordinal);
        Assert.Equal(ProtectionState.AtRisk, Node.Protection.Of(Task).State);
    }

    private sealed class OtherEngine : IDatabaseEngine
    {
        public string Name => "other";

        public IDatabaseSource Attach(SourceConfig config) => throw new NotSupportedException();

        public IStreamCheck? CreateStreamCheck(string item) => throw new NotSupportedException();
    }

    private sealed class RefusingEngine : IDatabaseEngine
    {
        public string Name => "fake";

        public byte[] Refused { get; set; } = [];

        public IDatabaseSource Attach(SourceConfig config) => throw new NotSupportedException();

        public IStreamCheck? CreateStreamCheck(string item) => item == "dump.fake" ? new Check(this) : null;

        // Keeps the whole stream, from its start.
        private sealed class Check(RefusingEngine engine) : IStreamCheck
        {
            private readonly List<byte> _taken = [];

            public StreamCheckpoint Checkpoint => new(0, 0, "");

            public void Process(ReadOnlySpan<byte> bytes) => _taken.AddRange(bytes);

            public void Complete()
            {
                if (_taken.SequenceEqual(engine.Refused))
                {
                    throw new HoldfastException(ErrorCatalog.Refused, "No dump of ours.");
                }
            }

            public void ResumeAt(StreamCheckpoint mark) => _taken.Clear();
        }
    }
}
