using System.Diagnostics;
using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>A file system without room: what did not fit is not there, and all goes on when there is room again.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const int Filler = 3 << 20;

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private bool _mounted;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Mount => _folder.Combine("small");

    private string File => _folder.Combine("small", "data", "state.db");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Mount);
        var (code, said) = await RunAsync("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", Mount);
        Assert.SkipUnless(code == 0, $"a small file system cannot be mounted here: {said.Trim()}");
        _mounted = true;
        await System.IO.File.WriteAllBytesAsync(_folder.Combine("small", "filler"), new byte[Filler], Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
        {
            await RunAsync("umount", "-l", Mount);
        }
        _folder.Dispose();
    }

    [Fact]
    public async Task What_does_not_fit_is_not_there_and_what_follows_room_is()
    {
        var store = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        await using var follower = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        await follower.MoveNextAsync();
        var (stored, failures) = await FillAsync(store);
        Assert.All(failures, f => Assert.Equal(ErrorCatalogue.StateFull, f.Error));
        Assert.Contains(File, failures[0].Message, StringComparison.Ordinal);
        await AssertHoldsAsync(store, stored);

        System.IO.File.Delete(_folder.Combine("small", "filler"));
        var after = await store.CommitAsync(Transaction(10_000), Token);
        Assert.True(after.Applied);
        stored.Add(10_000);
        await AssertHoldsAsync(store, stored);

        // Who followed was told of what was stored, and of nothing else.
        var told = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            Assert.True(await follower.MoveNextAsync());
            if (follower.Current.IsSnapshot)
            {
                told.Clear();
            }
            foreach (var put in follower.Current.Puts)
            {
                told.Add(put.Key);
            }
        } while (follower.Current.Revision < after.Revision);
        Assert.Equal((await store.RangeAsync("", Token)).Entries.Select(e => e.Key), told.Order(StringComparer.Ordinal));

        await store.DisposeAsync();
        await using var again = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        await AssertHoldsAsync(again, stored);
    }

    [Fact]
    public async Task A_store_that_is_killed_while_the_disk_is_full_opens_again()
    {
        var store = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        var (stored, _) = await FillAsync(store);

        // What kill -9 would leave: the files as they are now.
        var copy = _folder.Combine("copy");
        Directory.CreateDirectory(copy);
        // not by this process, which would drop its locks on them
        var copied = await RunAsync("cp", "-r", Path.GetDirectoryName(File)!, copy);
        Assert.Equal(0, copied.Code);
        await store.DisposeAsync();
        await using var again = await EmbeddedStateStore.OpenAsync(_folder.Combine("copy", "data", "state.db"), _time, Token);
        await AssertHoldsAsync(again, stored);
    }

    [Fact]
    public async Task What_has_a_lease_goes_when_there_is_room_again()
    {
        await using var store = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(3), Token);
        await store.CommitAsync(
            new() { Changes = [.. Enumerable.Range(0, 100).Select(i => new StateChange($"leased/{i}", new byte[1000], lease.Id))] },
            Token
        );
        await FillAsync(store);
        await lease.DisposeAsync();
        Assert.True(lease.Lost.IsCancellationRequested);
        System.IO.File.Delete(_folder.Combine("small", "filler"));
        for (var i = 0; (await store.RangeAsync("leased/", Token)).Entries.Count > 0; i++)
        {
            Assert.True(i < 500, "its entries have stayed");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, Token);
        }
    }

    private static StateTransaction Transaction(int number) =>
        new() { Changes = [new($"{number}/a", new byte[9000]), new($"{number}/b", new byte[9000])] };

    // Many at once, so that groups fail; until nothing fits any more.
    private static async Task<(HashSet<int> Stored, List<HoldfastException> Failures)> FillAsync(EmbeddedStateStore store)
    {
        var (stored, failures) = (new HashSet<int>(), new List<HoldfastException>());
        for (var round = 0; failures.Count < 40; round++)
        {
            Assert.True(round < 100, "the file system is never full");
            var commits = Enumerable.Range(round * 20, 20).ToDictionary(n => n, n => store.CommitAsync(Transaction(n), Token));
            foreach (var (number, commit) in commits)
            {
                try
                {
                    Assert.True((await commit).Applied);
                    stored.Add(number);
                }
                catch (HoldfastException e)
                {
                    failures.Add(e);
                }
            }
        }

        Assert.NotEmpty(stored);
        return (stored, failures);
    }

    private static async Task AssertHoldsAsync(EmbeddedStateStore store, HashSet<int> numbers)
    {
        var range = await store.RangeAsync("", Token);
        Assert.Equal(numbers.SelectMany(n => new[] { $"{n}/a", $"{n}/b" }).Order(StringComparer.Ordinal), range.Entries.Select(e => e.Key));
        Assert.Equal(numbers.Count, range.Entries.Select(e => e.ModRevision).Distinct().Count());
        Assert.True(range.Entries.Max(e => e.ModRevision) <= range.Revision);
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
