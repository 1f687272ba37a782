using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.Node.Catalog;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests.Restores;

/// <summary>A restore by the id of a database uses any destination, and goes on with another one when it fails in the middle.</summary>
public sealed class FailoverTests : BackedUpNode
{
    private const int Size = 12 << 20;

    private readonly DyingDriver _driver = new();

    protected override ILocalDriver Driver => _driver;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async System.Threading.Tasks.Task A_destination_that_dies_in_the_middle_is_replaced_without_starting_again(bool isRemote)
    {
        await BackUpAsync();
        _driver.IsRemote = isRemote;
        _driver.BytesRead.Clear();
        _driver.Kill("nas", Size / 2);

        var operation = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        var restored = await EndedAsync(operation);
        Assert.Equal(OperationState.Completed, restored.State);
        Assert.Equal(Source.Databases["a"], Source.Databases["again"]);
        Assert.Equal(1, Source.Loads);
        Assert.Null(restored.Result!.Destinations["second"]);
        Assert.Contains("does not respond", restored.Result.Destinations["nas"], StringComparison.Ordinal);
        Assert.Contains(restored.Result.Warnings, w =>
            w.StartsWith("restored from 'second': not from 'nas': 'nas' does not respond.", StringComparison.Ordinal)
        );
        Assert.Contains(operation.Log, l => l.EndsWith("reading goes on from 'second'", StringComparison.Ordinal));
        Assert.InRange(_driver.BytesRead["nas"], 1, Size / 2);
        Assert.InRange(_driver.BytesRead["second"], Size / 4, Size - (Size / 8));
        Assert.True(Node.Catalog.ChainsOf(new("fake", "a")).SelectMany(c => c.Entries).All(e => e.CopyAt("nas")!.IsRestorable));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async System.Threading.Tasks.Task A_destination_that_is_dead_from_the_start_is_replaced(bool isRemote)
    {
        await BackUpAsync();
        _driver.IsRemote = isRemote;
        _driver.Kill("nas", 0);
        var restored = await RestoresAsync();
        Assert.Null(restored.Result!.Destinations["second"]);
        Assert.NotNull(restored.Result.Destinations["nas"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async System.Threading.Tasks.Task Damaged_bytes_in_the_middle_come_from_the_other_copy_and_are_recorded(bool isRemote)
    {
        await BackUpAsync();
        _driver.IsRemote = isRemote;
        Flip(Archives("nas", "a")[0], Size / 2);

        var restored = await RestoresAsync();
        Assert.Equal(1, Source.Loads);
        Assert.Null(restored.Result!.Destinations["second"]);
        Assert.Contains("is damaged", restored.Result.Destinations["nas"], StringComparison.Ordinal);
        var full = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[0];
        Assert.Equal(CopyState.Damaged, full.CopyAt("nas")!.State);
        Assert.True(full.CopyAt("second")!.IsRestorable);
    }

    [Fact]
    public async System.Threading.Tasks.Task A_restore_fails_with_both_reasons_if_no_copy_can_be_read()
    {
        await BackUpAsync();
        Flip(Archives("second", "a")[0], Size / 2);
        _driver.Kill("nas", Size / 4);
        var failed = await EndedAsync(await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token));
        Assert.Equal(OperationState.Failed, failed.State);
        Assert.Equal(ErrorCatalog.Corrupt.Code, failed.Error!.Code);
        foreach (var part in (string[])["No destination has a copy that can be read", "'nas' does not respond", "is damaged"])
        {
            Assert.Contains(part, failed.Error.Message, StringComparison.Ordinal);
        }
        Assert.False(Source.Databases.ContainsKey("again"));
        // The dead destination's copy is not taken for a damaged one.
        var full = Node.Catalog.ChainsOf(new("fake", "a")).Single().Entries[0];
        Assert.True(full.CopyAt("nas")!.IsRestorable);
        Assert.Equal(CopyState.Damaged, full.CopyAt("second")!.State);
    }

    [Fact]
    public async System.Threading.Tasks.Task Each_destination_can_be_broken_somewhere_else()
    {
        await BackUpAsync();
        var (first, second) = (Archives("nas", "a"), Archives("second", "a"));
        Flip(first[0], Size / 2);
        Flip(second[1], (int)new FileInfo(second[1]).Length / 2);
        var restored = await RestoresAsync();
        Assert.Equal(1, Source.Loads);
        Assert.Equal(["nas", "second"], restored.Result!.Destinations.Keys.Order(StringComparer.Ordinal));
    }

    // A full and an incremental archive at two destinations.
    private async System.Threading.Tasks.Task BackUpAsync()
    {
        new Random(3).NextBytes(Source.Databases["a"] = new byte[Size]);
        await CoverAsync("nas", "second");
        await BackUpAsync("a", BackupKind.Full);
        await BackUpAsync("a", BackupKind.Incremental);
    }
}
