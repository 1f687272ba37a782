using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Local;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Definitions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Destinations;

/// <summary>Concurrent requests share one opening of a destination, and never wait for that of another one.</summary>
public sealed class DestinationSharingTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly NodeState _state = new(new MemoryStore(), "A", TimeProvider.System);
    private readonly FakeTimeProvider _time = new();
    private readonly FakeDriver _driver = new();
    private DestinationRegistry _registry = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _state.StartAsync(Token);
        var key = AgeIdentity.Generate();
        var secrets = new DestinationSecretStore(new(_state.Store, key, [key.Recipient]));
        _registry = new(
            _state,
            new([new LocalDestinationFactory([_root], _driver)], secrets),
            secrets,
            new() { Tag = "A", Key = key },
            _time
        );
    }

    public async ValueTask DisposeAsync()
    {
        _driver.Thaw();
        await _registry.DisposeAsync();
        await _state.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_destination_that_hangs_while_being_opened_does_not_delay_others_and_times_out()
    {
        await DefineAsync("dead", "other");
        _driver.Frozen = "dead";
        using var abort = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 40).Select(_ => _registry.OpenAsync("dead", Token)).ToList();
        var aborted = _registry.OpenAsync("dead", abort.Token);
        await using (await _registry.OpenAsync("other", Token))
        {
            await abort.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => aborted);
        }

        await Task.WhenAny(Task.WhenAll(waiting), AdvanceAsync(TimeSpan.FromSeconds(31)));
        foreach (var one in waiting)
        {
            Assert.Equal(ErrorCatalog.DestinationFailed, (await Assert.ThrowsAsync<HoldfastException>(() => one)).Error);
        }
        Assert.Equal(1, _driver.Opened.Count(r => r.EndsWith("dead", StringComparison.Ordinal))); // one opening for all of them
    }

    [Fact]
    public async Task A_redefined_destination_is_closed_when_its_last_lease_ends()
    {
        await DefineAsync("old");
        var first = await _registry.OpenAsync("old", Token);
        var second = await _registry.OpenAsync("old", Token);
        await _registry.PutAsync(
            new()
            {
                Name = "old",
                Kind = "local",
                Path = $"{_root}/new",
            },
            null,
            Token
        );
        await using var third = await _registry.OpenAsync("old", Token);
        Assert.Equal(($"{_root}/old", $"{_root}/new"), (first.Name, third.Name));
        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.Empty(_driver.Closed);
        await second.DisposeAsync();
        Assert.Equal([$"{_root}/old"], _driver.Closed);
    }

    [Fact]
    public async Task Free_space_is_measured_at_each_check_and_belongs_to_the_current_definition()
    {
        await DefineAsync("nas");
        var config = _registry.Find("nas")!.Value;
        Assert.Null(_registry.FreeSpaceOf(config));
        await _registry.CheckAllAsync(Token);
        _time.Advance(TimeSpan.FromMinutes(1));
        await _registry.CheckAllAsync(Token);
        Assert.Equal(new(_time.GetUtcNow(), 1), _registry.FreeSpaceOf(config));
        await _registry.PutAsync(config with { Path = $"{_root}/other" }, null, Token);
        Assert.Null(_registry.FreeSpaceOf(_registry.Find("nas")!.Value));
    }

    [Fact]
    public async Task Destinations_of_a_search_result_are_closed_when_it_is_disposed()
    {
        await DefineAsync("old");
        var chain = $"{_root}/old/shop/a.db/2026-11-25-10-00-00.A-snapshot-0123456789";
        Directory.CreateDirectory(chain);
        await File.WriteAllTextAsync($"{chain}/2026-11-25-10-00-00.snapshot.tar.zst", "an archive, as far as names tell", Token);
        var finder = new BackupFinder(_registry, new(new LocalDestinationFactory([_root]).LocalPaths, new(), TimeProvider.System));
        await using (var all = await finder.SearchDatabaseAsync(new("shop", "a.db"), Token))
        {
            Assert.Single(all.Locations);
        }
        await using (var all = await finder.SearchAsync("destination:old/shop", Token))
        {
            Assert.Single(all.Locations);
        }
        await using (var one = (await finder.FindAsync("shop/a.db", Token)).Destination)
        {
            await _registry.PutAsync(
                new()
                {
                    Name = "old",
                    Kind = "local",
                    Path = $"{_root}/new",
                },
                null,
                Token
            );
            await using var reopened = await _registry.OpenAsync("old", Token);
            Assert.Empty(_driver.Closed);
        }

        Assert.Equal([$"{_root}/old"], _driver.Closed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("destination:old")]
    public async Task Opening_an_archive_by_its_path_times_out_if_the_disk_does_not_respond(string from)
    {
        await DefineAsync("old");
        var chain = $"{_root}/old/shop/a.db/2026-11-25-10-00-00.A-snapshot-0123456789";
        Directory.CreateDirectory(chain);
        using (var make = System.Diagnostics.Process.Start("mkfifo", [$"{chain}/2026-11-25-10-00-00.snapshot.tar.zst"]))
        {
            await make.WaitForExitAsync(Token);
        }
        var finder = new BackupFinder(_registry, new(new LocalDestinationFactory([_root]).LocalPaths, new(), TimeProvider.System));
        await using var found = (await finder.FindAsync(from.Length == 0 ? chain : $"{from}/shop", Token)).Destination;
        var opening = found.OpenAsync(
            from.Length == 0
                ? "2026-11-25-10-00-00.snapshot.tar.zst"
                : $"a.db/{Path.GetFileName(chain)}/2026-11-25-10-00-00.snapshot.tar.zst",
            Token
        );
        await Task.WhenAny(opening, AdvanceAsync(TimeSpan.FromMinutes(6)));
        Assert.Equal(ErrorCatalog.DestinationFailed, (await Assert.ThrowsAsync<HoldfastException>(() => opening)).Error);
    }

    [Fact]
    public async Task A_hanging_destination_does_not_delay_the_stop_of_the_node()
    {
        await DefineAsync("dead");
        _driver.Frozen = "dead";
        var opening = _registry.OpenAsync("dead", Token);
        var stopping = _registry.DisposeAsync().AsTask();
        await Task.WhenAny(stopping, AdvanceAsync(TimeSpan.FromSeconds(2)));
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);
        await Assert.ThrowsAnyAsync<Exception>(() => opening);
    }

    private async Task DefineAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await _state.Destinations.PutAsync(
                name,
                new()
                {
                    Name = name,
                    Kind = "local",
                    Path = $"{_root}/{name}",
                },
                0,
                Token
            );
        }
        foreach (var name in names)
        {
            await _state.Identities.PutAsync($"{name}/A", new(Holdfast.Destinations.DestinationIdentity.New()), 0, Token);
        }
    }

    private async Task AdvanceAsync(TimeSpan by)
    {
        for (var i = 0; i < 40; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            _time.Advance(by / 20);
        }
    }
}
