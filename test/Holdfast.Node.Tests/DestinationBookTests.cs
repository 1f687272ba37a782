using Holdfast.Core.Errors;
using Holdfast.Node.Places;
using Holdfast.State;

namespace Holdfast.Node.Tests;

public sealed class DestinationBookTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly StateMirror<DestinationConfig> _configs = new(new MemoryStore(), "destinations/", TimeProvider.System);
    private DestinationBook _book = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory($"{_root}/allowed");
        Directory.CreateDirectory($"{_root}/other");
        _book = new(_configs, new([$"{_root}/allowed"]), TimeProvider.System);
        await _configs.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _book.DisposeAsync();
        await _configs.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_destination_that_was_defined_can_be_opened_and_says_how_to_restore()
    {
        await _book.PutAsync(Local("nas", $"{_root}/allowed/nas"), 0, Token);
        var destination = await _book.OpenForBackupsAsync("nas", Token);
        Assert.Same(destination, await _book.OpenAsync("nas", Token));
        Assert.True(File.Exists($"{_root}/allowed/nas/HOW-TO-RESTORE.txt"));
        Assert.Equal(["nas"], _book.Items.Select(i => i.Key));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("allowed/../other")]
    [InlineData("allowed/link")]
    [InlineData("allowed/link/new")]
    [InlineData("allowedbutnot")]
    public async Task A_folder_outside_of_the_allowed_roots_is_refused(string path)
    {
        File.CreateSymbolicLink($"{_root}/allowed/link", $"{_root}/other");
        var failure = await Assert.ThrowsAsync<InvalidException>(() => _book.PutAsync(Local("nas", $"{_root}/{path}"), null, Token));
        Assert.Equal("path", Assert.Single(failure.Faults).Field);
        Assert.Empty(_book.Items);
    }

    [Fact]
    public async Task A_link_that_was_put_there_after_it_was_defined_leads_nowhere()
    {
        await _book.PutAsync(Local("nas", $"{_root}/allowed/nas"), 0, Token);
        File.CreateSymbolicLink($"{_root}/allowed/nas", $"{_root}/other");
        Assert.Equal(ErrorCatalogue.Usage, (await Assert.ThrowsAsync<HoldfastException>(() => _book.OpenAsync("nas", Token))).Error);
        Assert.Empty(Directory.GetFileSystemEntries($"{_root}/other"));
    }

    [Fact]
    public async Task Every_fault_is_told_at_once()
    {
        var failure = await Assert.ThrowsAsync<InvalidException>(() => _book.PutAsync(new() { Name = "../nas", Kind = "tape" }, null, Token));
        Assert.Equal(["name", "kind"], failure.Faults.Select(f => f.Field));
    }

    [Fact]
    public async Task Whoever_saves_second_is_told_that_somebody_was_quicker()
    {
        var first = await _book.PutAsync(Local("nas", $"{_root}/allowed/a"), 0, Token);
        await _book.PutAsync(Local("nas", $"{_root}/allowed/b"), first.Revision, Token);
        Assert.Equal(ErrorCatalogue.Conflict, (await Assert.ThrowsAsync<HoldfastException>(() => _book.PutAsync(Local("nas", $"{_root}/allowed/c"), first.Revision, Token))).Error);
        Assert.EndsWith("/b", _book.Find("nas")!.Value.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_writes_lists_and_removes_and_leaves_nothing()
    {
        var nas = Local("nas", $"{_root}/allowed/nas");
        Assert.Null(_book.LastTest(nas));
        Assert.True((await _book.TestAsync(nas, Token)).FreeBytes > 0);
        Assert.Null(_book.LastTest(nas)!.Problem);
        Assert.Null(_book.LastTest(nas with { Path = $"{_root}/allowed/elsewhere" }));
        Assert.Empty(Directory.GetFileSystemEntries($"{_root}/allowed/nas"));
        await Assert.ThrowsAsync<HoldfastException>(() => _book.TestAsync(Local("nas", $"{_root}/allowed/no/such/nas"), Token));
        Assert.NotNull(_book.LastTest(Local("nas", $"{_root}/allowed/no/such/nas"))!.Problem);
    }

    [Fact]
    public async Task What_is_not_defined_cannot_be_opened_and_what_was_deleted_neither()
    {
        await _book.PutAsync(Local("nas", $"{_root}/allowed/nas"), 0, Token);
        await _book.DeleteAsync("nas", null, Token);
        await _book.DeleteAsync("nas", null, Token);
        Assert.Equal(ErrorCatalogue.NotFound, (await Assert.ThrowsAsync<HoldfastException>(() => _book.OpenAsync("nas", Token))).Error);
    }

    private static DestinationConfig Local(string name, string path) => new() { Name = name, Kind = "local", Path = path };
}
