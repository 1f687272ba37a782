using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite.Readers;

namespace Holdfast.Engines.Sqlite.Tests.Readers;

/// <summary>The engine contract, with databases read by reader processes.</summary>
public sealed class ReaderContractTests : SqliteEngineContractTests
{
    private readonly LocalReaders _readers = new();
    private readonly ReaderPool _pool;

    public ReaderContractTests()
    {
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_111_111);
        _pool = new(_readers.Start, TimeProvider.System);
        Engine = new SqliteEngine(TimeProvider.System, _pool);
    }

    protected override IDatabaseEngine Engine { get; }

    [Fact]
    public async Task Readers_read()
    {
        await CreateAsync("a", 10);
        await using var source = Engine.Attach(await NewSourceAsync());
        await using var view = await source.OpenViewAsync(
            new("a", 0, EncryptionState.No),
            new(Core.Tasks.BackupType.Snapshot, null),
            default
        );
        Assert.Equal(1, _readers.Started);
    }

    public override async ValueTask DisposeAsync()
    {
        _pool.Dispose();
        await base.DisposeAsync();
    }
}
