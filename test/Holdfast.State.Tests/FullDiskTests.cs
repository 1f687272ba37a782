using System.Diagnostics;
using Holdfast.Core.Errors;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.State.Tests;

/// <summary>A full file system: a failed write leaves nothing behind, and writes succeed again once there is space.</summary>
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
    public async Task A_write_that_does_not_fit_leaves_nothing_and_later_writes_succeed()
    {
        var store = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        await using var watcher = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        await watcher.MoveNextAsync();
        var (stored, failures) = await FillAsync(store);
        Assert.All(failures, f => Assert.Equal(ErrorCatalog.StateFull, f.Error));
        Assert.Contains(File, failures[0].Message, StringComparison.Ordinal);
        await AssertHoldsAsync(store, stored);

        System.IO.File.Delete(_folder.Combine("small", "filler"));
        var after = await store.CommitAsync(Transaction(10_000), Token);
        Assert.True(after.Applied);
        stored.Add(10_000);
        await AssertHoldsAsync(store, stored);

        // The watcher got exactly the stored changes.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            Assert.True(await watcher.MoveNextAsync());
            if (watcher.Current.IsSnapshot)
            {
                seen.Clear();
            }
            foreach (var put in watcher.Current.Puts)
            {
                seen.Add(put.Key);
            }
        } while (watcher.Current.Revision < after.Revision);
        Assert.Equal((await store.RangeAsync("", Token)).Entries.Select(e => e.Key), seen.Order(StringComparer.Ordinal));

        await store.DisposeAsync();
        await using var again = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        await AssertHoldsAsync(again, stored);
    }

    [Fact]
    public async Task A_store_killed_while_the_disk_is_full_opens_again()
    {
        var store = await EmbeddedStateStore.OpenAsync(File, _time, Token);
        var (stored, _) = await FillAsync(store);

        // The files as kill -9 would leave them.
        var copy = _folder.Combine("copy");
        Directory.CreateDirectory(copy);
        // copied by another process, because this one would drop its locks on them
        var copied = await RunAsync("cp", "-r", Path.GetDirectoryName(File)!, copy);
        Assert.Equal(0, copied.Code);
        await store.DisposeAsync();
        await using var again = await EmbeddedStateStore.OpenAsync(_folder.Combine("copy", "data", "state.db"), _time, Token);
        await AssertHoldsAsync(again, stored);
    }

    [Fact]
    public async Task Entries_with_a_lease_are_deleted_once_there_is_space_again()
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

    // Many concurrently, so that groups fail, until nothing fits any more.
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
